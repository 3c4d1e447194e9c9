package io.copyhold.chaos.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.chaos.experiment.Report.Verdict;
import io.copyhold.chaos.fault.Fault;
import io.copyhold.chaos.fault.FaultState;
import io.copyhold.chaos.fault.FaultState.End;
import io.copyhold.chaos.fault.Observed;
import io.copyhold.chaos.fault.Observed.Outage;
import io.copyhold.chaos.fault.Observed.Seen;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class JudgeTest {
  private static final Instant T0 = Instant.parse("2026-01-02T03:04:05Z");
  private static final Plan PLAN = Samples.plan(new Fault.KillNode("node-1"));

  private static FaultState fault(End end) {
    return new FaultState(
        "kill-one/1/0",
        new Fault.KillNode("node-1"),
        end,
        null,
        T0,
        0,
        T0.plusSeconds(10),
        T0.plusSeconds(20));
  }

  private static Seen seen(String probe, long lost, Outage... outages) {
    return new Seen(probe, 100, 0, 10_000, 1, 2, 3, List.of(outages), null, 50, lost);
  }

  private static Outage outage(int fromSecond, long ms) {
    Instant from = T0.plusSeconds(fromSecond);
    return new Outage(from, from.plusMillis(ms), ms, "503 not-now");
  }

  private static Report judge(End end, Seen reads, Seen writes) {
    return Judge.report(
        PLAN, new Observed(T0, 30_000, List.of(reads, writes), List.of(fault(end))), null, true);
  }

  @Test
  void anOutageWithinWhatIsFinePasses() {
    Report report = judge(End.TIME, seen("reads", 0, outage(10, 4_000)), seen("writes", 0));
    assertThat(report.verdict()).isEqualTo(Verdict.PASSED);
    assertThat(report.rtoMs()).isEqualTo(4_000);
    assertThat(report.rpoLost()).isZero();
    assertThat(report.acknowledged()).isEqualTo(50);
    assertThat(report.timeline()).extracting(Report.Moment::at).isSorted().hasSize(4);
  }

  @Test
  void aLongerOneFails() {
    Report report = judge(End.TIME, seen("reads", 0, outage(10, 5_001)), seen("writes", 0));
    assertThat(report.verdict()).isEqualTo(Verdict.FAILED);
    assertThat(report.reasons().getFirst()).contains("reads", "5001 ms", "503 not-now");
  }

  @Test
  void anOutageBeforeTheFaultsDoesNotCount() {
    Report report = judge(End.TIME, seen("reads", 0, outage(0, 9_000)), seen("writes", 0));
    assertThat(report.verdict()).isEqualTo(Verdict.PASSED);
    assertThat(report.rtoMs()).isNull();
  }

  @Test
  void aLostAcknowledgedChangeFails() {
    Report report = judge(End.TIME, seen("reads", 0), seen("writes", 2));
    assertThat(report.verdict()).isEqualTo(Verdict.FAILED);
    assertThat(report.rpoLost()).isEqualTo(2);
  }

  @Test
  void aFaultThatEndedEarlyProvesNothing() {
    for (End end : List.of(End.LEASE, End.AGENT, End.FAILED)) {
      assertThat(judge(end, seen("reads", 0), seen("writes", 0)).verdict())
          .isEqualTo(Verdict.INCONCLUSIVE);
    }
  }

  @Test
  void whatDoesNotRecoverFails() {
    Observed observed =
        new Observed(
            T0, 30_000, List.of(seen("reads", 0), seen("writes", 0)), List.of(fault(End.TIME)));
    assertThat(Judge.report(PLAN, observed, null, false).verdict()).isEqualTo(Verdict.FAILED);
    assertThat(Judge.report(PLAN, observed, "aborted: reads", true).verdict())
        .isEqualTo(Verdict.ABORTED);
  }

  @Test
  void itAbortsWhileAnOutageLastsTooLong() {
    Outage lasting = new Outage(T0, null, 20_000, "no answer");
    Observed bad = new Observed(T0, 0, List.of(seen("reads", 0, lasting)), List.of());
    assertThat(Judge.abort(PLAN, bad)).get().asString().contains("reads");
    Outage over = new Outage(T0, T0.plusSeconds(20), 20_000, "no answer");
    Observed better = new Observed(T0, 0, List.of(seen("reads", 0, over)), List.of());
    assertThat(Judge.abort(PLAN, better)).isEmpty();
  }

  @Test
  void steadyIsEveryProbeForLongEnough() {
    Observed observed =
        new Observed(T0, 0, List.of(seen("reads", 0), seen("writes", 0)), List.of());
    assertThat(Judge.steady(observed, 10_000)).isTrue();
    assertThat(Judge.steady(observed, 10_001)).isFalse();
    assertThat(Judge.steady(new Observed(T0, 0, List.of(), List.of()), 0)).isFalse();
  }
}
