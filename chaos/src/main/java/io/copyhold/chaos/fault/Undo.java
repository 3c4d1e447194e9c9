package io.copyhold.chaos.fault;

import java.nio.file.Path;
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

  /** A file that fills a disk is removed. */
  record Remove(Path file) implements Undo {}

  /** An entity that was quarantined because of the fault is tried again. */
  record Retry(String entity) implements Undo {}
}
