package io.copyhold.chaos.fault;

import java.time.Instant;

/** How a fault is taken back by somebody who knows nothing but this record. */
sealed interface Undo {
  /** It ends with the agent that made it, or needs no end. */
  record Nothing() implements Undo {}

  /**
   * A process that stands still goes on.
   *
   * @param started tells it from a later process of the same number
   */
  record Resume(long pid, Instant started) implements Undo {}
}
