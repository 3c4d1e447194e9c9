package io.copyhold.runtime.entity;

import org.jspecify.annotations.Nullable;

/** Thrown inside replay: the event {@code version} cannot be folded into the state. */
final class PoisonEvent extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final long version;
  private final boolean tooNew;

  PoisonEvent(long version, boolean tooNew, String why, @Nullable Throwable cause) {
    super("event " + version + ": " + why, cause);
    this.version = version;
    this.tooNew = tooNew;
  }

  long version() {
    return version;
  }

  boolean tooNew() {
    return tooNew;
  }
}
