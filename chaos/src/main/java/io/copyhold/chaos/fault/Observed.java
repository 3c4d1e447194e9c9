package io.copyhold.chaos.fault;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an agent has seen since it began to watch.
 *
 * @param elapsedMs by the agent's own clock
 * @param faults those whose id begins with the observation's, in the order they were planned in
 */
public record Observed(Instant began, long elapsedMs, List<Seen> probes, List<FaultState> faults) {
  public Observed {
    probes = List.copyOf(probes);
    faults = List.copyOf(faults);
  }

  /**
   * What one probe saw. Times are in milliseconds.
   *
   * @param steadyMs for how long each answer has been good
   * @param outages the newest {@value ProbeLog#OUTAGES_MAX}, oldest first
   * @param trouble of the last answer; null when it was good
   * @param acknowledged changes that were acknowledged; 0 for a probe that changes nothing
   * @param lost of them, those that were found missing
   */
  public record Seen(
      String probe,
      long samples,
      long failures,
      long steadyMs,
      long latencyP50Ms,
      long latencyP99Ms,
      long latencyMaxMs,
      List<Outage> outages,
      @Nullable String trouble,
      long acknowledged,
      long lost) {
    public Seen {
      outages = List.copyOf(outages);
    }
  }

  /**
   * A time without good answers: from the asking of the first bad one to the next good one.
   *
   * @param to null while it lasts
   * @param ms how long it lasted, or lasts
   * @param why of its first answer
   */
  public record Outage(Instant from, @Nullable Instant to, long ms, String why) {}
}
