package io.copyhold.runtime.operation;

import java.util.List;

/**
 * A kind of operation: its steps in order, from an immutable input. A running instance ends on the
 * version it began with, so a changed plan is a new version beside the old one.
 *
 * @param <I> a record; journaled, so its shape is a promise
 */
public interface OperationType<I> {
  /** Journaled: never rename. */
  String name();

  /** Semantic version of the plan. */
  String version();

  Class<I> input();

  /** The same plan for the same input, always: step names are journaled and compared. */
  List<Step> steps(I input);
}
