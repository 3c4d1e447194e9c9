package io.copyhold.chaos.experiment;

import io.copyhold.chaos.fault.FaultState;
import io.copyhold.chaos.fault.Observed;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of a run, measured from outside the nodes by the fault agent. Journaled, so its shape
 * is a promise.
 *
 * @param reasons why the verdict is not "passed"; none when it is
 * @param rtoMs the longest time without good answers that touched the faults, of any probe, in
 *     milliseconds; null when nothing was out
 * @param rpoLost changes that were acknowledged and are gone; null when no probe wrote
 * @param acknowledged changes that were, in all
 * @param faults what was injected, and how each ended
 * @param probes what each saw
 * @param timeline of the faults and outages, by time
 */
public record Report(
    Verdict verdict,
    List<String> reasons,
    Instant began,
    long tookMs,
    @Nullable Long rtoMs,
    @Nullable Long rpoLost,
    long acknowledged,
    List<FaultState> faults,
    List<Observed.Seen> probes,
    List<Moment> timeline) {
  public Report {
    reasons = List.copyOf(reasons);
    faults = List.copyOf(faults);
    probes = List.copyOf(probes);
    timeline = List.copyOf(timeline);
  }

  /** What the run says about the hypothesis. */
  public enum Verdict {
    /** It held. */
    PASSED,
    /** It did not. */
    FAILED,
    /** An abort condition ended the faults before their time. */
    ABORTED,
    /** The faults were not in effect as planned, so it was not tried. */
    INCONCLUSIVE;

    /** As it stands in a summary. */
    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** Something that happened. */
  public record Moment(Instant at, String what) {}
}
