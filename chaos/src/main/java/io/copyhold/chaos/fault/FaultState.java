package io.copyhold.chaos.fault;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How far a fault is.
 *
 * @param end why it ended; null until then
 * @param note what went wrong on the way, or null
 * @param accepted when the agent was told of it
 * @param plannedAgoMs how long ago that is by the agent's own clock, in milliseconds
 * @param injected when it began; null before
 * @param lifted when it ended; null before
 */
public record FaultState(
    String id,
    Fault fault,
    @Nullable End end,
    @Nullable String note,
    Instant accepted,
    long plannedAgoMs,
    @Nullable Instant injected,
    @Nullable Instant lifted) {

  /** Why a fault ended. */
  public enum End {
    /** Its time was over. */
    TIME,
    /** It was asked to. */
    LIFTED,
    /** Nobody renewed its lease: its controller has died. */
    LEASE,
    /** The agent itself died, and its successor took the fault back. */
    AGENT,
    /** It could not be injected. */
    FAILED
  }

  /** Whether it is in effect. */
  public boolean active() {
    return injected != null && end == null;
  }
}
