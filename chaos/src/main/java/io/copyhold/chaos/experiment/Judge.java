package io.copyhold.chaos.experiment;

import io.copyhold.chaos.experiment.Plan.Expected;
import io.copyhold.chaos.experiment.Report.Moment;
import io.copyhold.chaos.experiment.Report.Verdict;
import io.copyhold.chaos.fault.FaultState;
import io.copyhold.chaos.fault.FaultState.End;
import io.copyhold.chaos.fault.Observed;
import io.copyhold.chaos.fault.Observed.Outage;
import io.copyhold.chaos.fault.Observed.Seen;
import io.copyhold.chaos.fault.Probe;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Makes a report of a plan and what was seen. Pure. */
final class Judge {
  private static final int MOMENTS_MAX = 60;
  private static final int OUTAGES_SHOWN = 5;

  private Judge() {}

  /**
   * @param aborted why the faults were ended early, or null
   * @param recovered whether every probe was steady again in time
   */
  static Report report(Plan plan, Observed seen, @Nullable String aborted, boolean recovered) {
    List<String> broken = new ArrayList<>();
    List<String> untried = new ArrayList<>();
    Instant first = first(seen.faults());
    long rto = 0;
    Long lost = null;
    long acknowledged = 0;
    for (Seen probe : seen.probes()) {
      Expected expected = expected(plan, probe);
      for (Outage outage : touching(probe, first)) {
        rto = Math.max(rto, outage.ms());
        if (outage.ms() > expected.outageMsMax()) {
          broken.add(
              probe.probe()
                  + " was without good answers for "
                  + outage.ms()
                  + " ms, "
                  + expected.outageMsMax()
                  + " are fine: "
                  + outage.why());
        }
      }
      if (expected.probe() instanceof Probe.Write) {
        lost = (lost == null ? 0 : lost) + probe.lost();
        acknowledged += probe.acknowledged();
        if (probe.lost() > 0) {
          broken.add(probe.probe() + " lost " + probe.lost() + " acknowledged changes");
        }
      }
    }
    if (!recovered) {
      broken.add("not steady again within " + plan.recoverSeconds() + " s after the faults");
    }
    if (seen.faults().size() < plan.faults().size()) {
      untried.add("of " + plan.faults().size() + " faults " + seen.faults().size() + " are known");
    }
    for (FaultState fault : seen.faults()) {
      if (fault.end() == End.FAILED) {
        untried.add(fault.id() + " could not be injected: " + fault.note());
      } else if (fault.end() == End.LEASE || fault.end() == End.AGENT) {
        untried.add(
            fault.id()
                + (fault.end() == End.LEASE
                    ? " ended early: its lease ran out"
                    : " ended early: its agent died"));
      }
    }
    Verdict verdict;
    List<String> reasons = new ArrayList<>();
    if (aborted != null) {
      verdict = Verdict.ABORTED;
      reasons.add(aborted);
      reasons.addAll(broken);
    } else if (!broken.isEmpty()) {
      verdict = Verdict.FAILED;
      reasons.addAll(broken);
      reasons.addAll(untried);
    } else if (!untried.isEmpty()) {
      verdict = Verdict.INCONCLUSIVE;
      reasons.addAll(untried);
    } else {
      verdict = Verdict.PASSED;
    }
    return new Report(
        verdict,
        reasons.stream().limit(20).toList(),
        seen.began(),
        seen.elapsedMs(),
        rto == 0 ? null : rto,
        lost,
        acknowledged,
        seen.faults(),
        seen.probes().stream().map(Judge::shortened).toList(),
        timeline(seen));
  }

  /** Why to stop at once, by the plan's own conditions. */
  static Optional<String> abort(Plan plan, Observed seen) {
    for (Plan.Abort abort : plan.aborts()) {
      for (Seen probe : seen.probes()) {
        if (probe.probe().equals(abort.probe())) {
          for (Outage outage : probe.outages()) {
            if (outage.to() == null && outage.ms() >= abort.outageMs()) {
              return Optional.of(
                  "aborted: " + abort.probe() + " without good answers for " + outage.ms() + " ms");
            }
          }
        }
      }
    }
    return Optional.empty();
  }

  /** Whether every probe has been good for so long. */
  static boolean steady(Observed seen, long ms) {
    return !seen.probes().isEmpty()
        && seen.probes().stream().allMatch(probe -> probe.samples() > 1 && probe.steadyMs() >= ms);
  }

  private static Expected expected(Plan plan, Seen probe) {
    return plan.hypothesis().stream()
        .filter(expected -> expected.probe().name().equals(probe.probe()))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no probe " + probe.probe()));
  }

  /** When the first fault began; null when none did. */
  private static @Nullable Instant first(List<FaultState> faults) {
    Instant first = null;
    for (FaultState fault : faults) {
      Instant injected = fault.injected();
      if (injected != null && (first == null || injected.isBefore(first))) {
        first = injected;
      }
    }
    return first;
  }

  /** What was out when the first fault began, or later. */
  private static List<Outage> touching(Seen probe, @Nullable Instant first) {
    return first == null
        ? List.of()
        : probe.outages().stream()
            .filter(outage -> outage.to() == null || outage.to().isAfter(first))
            .toList();
  }

  private static Seen shortened(Seen seen) {
    List<Outage> outages = seen.outages();
    return new Seen(
        seen.probe(),
        seen.samples(),
        seen.failures(),
        seen.steadyMs(),
        seen.latencyP50Ms(),
        seen.latencyP99Ms(),
        seen.latencyMaxMs(),
        outages.subList(Math.max(0, outages.size() - OUTAGES_SHOWN), outages.size()),
        seen.trouble(),
        seen.acknowledged(),
        seen.lost());
  }

  private static List<Moment> timeline(Observed seen) {
    List<Moment> moments = new ArrayList<>();
    for (FaultState fault : seen.faults()) {
      String what = fault.fault().toString();
      if (fault.injected() != null) {
        moments.add(new Moment(fault.injected(), "injected " + what));
      }
      if (fault.lifted() != null && fault.end() != null) {
        moments.add(
            new Moment(
                fault.lifted(),
                switch (fault.end()) {
                  case TIME -> "over " + what;
                  case LIFTED -> "lifted " + what;
                  case LEASE -> "lifted by its lease " + what;
                  case AGENT -> "taken back by the agent " + what;
                  case FAILED -> "not injected " + what;
                }));
      }
    }
    for (Seen probe : seen.probes()) {
      for (Outage outage : probe.outages()) {
        moments.add(new Moment(outage.from(), probe.probe() + " bad: " + outage.why()));
        if (outage.to() != null) {
          moments.add(
              new Moment(outage.to(), probe.probe() + " good again after " + outage.ms() + " ms"));
        }
      }
    }
    return moments.stream().sorted(Comparator.comparing(Moment::at)).limit(MOMENTS_MAX).toList();
  }
}
