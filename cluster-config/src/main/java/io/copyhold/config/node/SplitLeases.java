package io.copyhold.config.node;

import java.time.Duration;

/**
 * Port to the leases that decide which side of a split goes on. Calls block, and fail with a {@link
 * io.copyhold.runtime.ProblemException} when their database is away; time is the database's.
 */
public interface SplitLeases {
  /**
   * Takes the lease if it is free, the owner's already, over, or held by a node whose process has
   * ended.
   *
   * @param owner {@code host:port}, as the addresses in the register end
   * @param lasting from now on
   * @return whether it is the owner's now
   */
  boolean take(String name, String owner, Duration lasting);

  /** Gives it free, if it is the owner's. */
  void release(String name, String owner);
}
