package io.copyhold.chaos.simulation;

import org.jspecify.annotations.Nullable;

/** Something that must hold after each {@link Happening}. Remembers what it needs; one per run. */
interface Invariant {
  /** What is wrong now, as a sentence; null when it holds. */
  @Nullable String violatedBy(Happening happening);

  default String name() {
    return getClass().getSimpleName();
  }
}
