package io.copyhold.migration.rollout;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.migration.rollout.Rollout.Command;
import io.copyhold.migration.rollout.Rollout.Event;
import io.copyhold.migration.rollout.Rollout.Phase;
import io.copyhold.migration.rollout.Rollout.Plan;
import io.copyhold.migration.rollout.Rollout.Size;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.EntityScenario;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.Samples;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.placement.Homes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RolloutTest {
  private static final Target V3 = Samples.target("invoicing", true, "1", "2", "3");
  private static final List<Size> WAVES = List.of(new Size.Percent(1), new Size.Percent(10));

  private final EntityScenario<Rollout, Command, Event> scenario = EntityScenario.of(Rollout.TYPE);

  @Test
  void aRolloutRunsAsItsOperation() {
    scenario.when(new Command.Start(plan(WAVES))).then(new Event.Began(plan(WAVES)));
    assertThat(scenario.operation("rollout/1").input())
        .isEqualTo(new Rollout.Input(plan(WAVES), "rollout/summer/1", null));
    scenario.when(new Command.Start(plan(WAVES))).thenNothing();
    assertThat(
            scenario.when(new Command.Start(plan(List.of()))).thenRefused("rollout-exists").what())
        .contains("waves");
  }

  @Test
  void whatFailedIsTriedAgainAsTheNextGeneration() {
    Rollout.Result result =
        new Rollout.Result(
            10, 8, 2, 0, List.of(new Rollout.Sample("tenant/acme", "script-failed")));
    scenario.after(new Command.Start(plan(WAVES)));
    scenario.when(new Command.RetryFailed()).thenRefused("rollout-running");
    scenario
        .settled(
            "rollout/1",
            new Outcome.Done(Map.of("result", Mappers.tree(result, Rollout.Result.class))))
        .then(new Event.Ended(1, new Phase.Ended(result)));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("done-with-failures");
    scenario.when(new Command.RetryFailed()).then(new Event.RetryBegan(2, 1));
    assertThat(scenario.operation("rollout/2").input())
        .isEqualTo(new Rollout.Input(plan(WAVES), "rollout/summer/2", "rollout/summer/"));
    scenario.when(new Command.RecordEnd(1, new Phase.Cancelled())).thenNothing();
  }

  @Test
  void withoutFailuresThereIsNothingToTryAgain() {
    scenario.after(
        new Command.Start(plan(WAVES)),
        new Command.RecordEnd(1, new Phase.Ended(new Rollout.Result(1, 1, 0, 0, List.of()))));
    scenario.when(new Command.RetryFailed()).thenNothing();
    assertThat(scenario.summary().path("state").asText()).isEqualTo("done");
  }

  @Test
  void aCancelledRolloutSaysSo() {
    scenario.after(new Command.Start(plan(WAVES)));
    scenario
        .settled("rollout/1", new Outcome.Cancelled())
        .then(new Event.Ended(1, new Phase.Cancelled()));
    assertThat(scenario.operations()).isEmpty();
  }

  @Test
  void aFailedRolloutKeepsItsReason() {
    Problem problem = Problem.conflict("x", "y");
    scenario.after(new Command.Start(plan(WAVES)));
    scenario
        .settled("rollout/1", new Outcome.Undone(problem))
        .then(new Event.Ended(1, new Phase.Failed(problem)));
  }

  @Test
  void badPlansAreRefused() {
    scenario.when(new Command.Start(null)).thenRefused("field-missing");
    scenario.when(new Command.RetryFailed()).thenRefused("rollout-unknown");
    refused(plan(List.of(new Size.Percent(10), new Size.Percent(5))), "waves-order");
    refused(plan(List.of(new Size.Percent(101))), "field-range");
    refused(plan(List.of(new Size.Count(0))), "field-range");
    List<Size> many = new ArrayList<>();
    for (int i = 1; i <= RolloutType.WAVES_MAX + 1; i++) {
      many.add(new Size.Count(i));
    }
    refused(plan(many), "field-range");
    refused(
        new Plan("x", V3, Homes.Selector.ALL, WAVES, 2, new Size.Count(1), 0, false), "id-length");
    refused(
        new Plan("summer", V3, Homes.Selector.ALL, WAVES, 0, new Size.Count(1), 0, false),
        "field-range");
    refused(
        new Plan("summer", null, Homes.Selector.ALL, WAVES, 1, new Size.Count(1), 0, false),
        "target-form");
    refused(
        new Plan(
            "summer",
            V3,
            new Homes.Selector(List.of("acme"), List.of(), List.of(), List.of(), List.of()),
            WAVES,
            1,
            new Size.Count(1),
            0,
            false),
        "owner-form");
  }

  @Test
  void aHaltSaysWhyUntilItGoesOn() {
    Problem problem = Problem.conflict("failure-budget", "9 of 20 homes failed").todo("approve");
    scenario.after(new Command.Start(plan(WAVES)));
    scenario
        .when(new Command.RecordHalt(1, "budget", problem))
        .then(new Event.Halted(1, "budget", problem));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("halted");
    assertThat(scenario.summary().path("problem").asText()).isEqualTo("failure-budget");
    assertThat(scenario.operations()).as("it waits, and has not ended").hasSize(1);
    scenario.when(new Command.RecordHalt(1, "budget", problem)).thenNothing();
    scenario.when(new Command.RetryFailed()).thenRefused("rollout-running");
    scenario.when(new Command.RecordGoingOn(1)).then(new Event.WentOn(1));
    scenario.when(new Command.RecordGoingOn(1)).thenNothing();
    scenario.when(new Command.RecordHalt(7, "budget", problem)).thenNothing();
  }

  @Test
  void aWaveIsTakenBackAsTheNextGeneration() {
    Rollout.Back back = new Rollout.Back("wave-1");
    scenario.when(new Command.RollBack("wave-1")).thenRefused("rollout-unknown");
    scenario.after(new Command.Start(plan(WAVES)));
    scenario.when(new Command.RollBack("wave-1")).thenRefused("rollout-running");
    scenario.after(new Command.RecordEnd(1, new Phase.Cancelled()));
    scenario.when(new Command.RollBack("wave-9")).thenRefused("wave-unknown");
    scenario.when(new Command.RollBack("wave-1")).then(new Event.RollbackBegan(2, back));
    scenario.when(new Command.RollBack("wave-1")).thenNothing();
    assertThat(scenario.operation("rollout/2").input())
        .isEqualTo(new Rollout.Input(plan(WAVES), "rollout/summer/2", null, back));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("rolling-back");
    scenario.after(
        new Command.RecordEnd(2, new Phase.Ended(new Rollout.Result(2, 1, 1, 0, List.of()))));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("rolled-back-with-failures");
    scenario.when(new Command.RetryFailed()).then(new Event.RollbackBegan(3, back));
  }

  @Test
  void badChecksAreRefused() {
    refused(checked(new Rollout.Probe.Sql("", "t", 1), 1), "field-length");
    refused(checked(new Rollout.Probe.Sql("select 1", "1", 99), 1), "field-range");
    refused(checked(new Rollout.Probe.Http("file:///etc/passwd", 200), 1), "url-form");
    refused(checked(new Rollout.Probe.Http("http://user@host/", 200), 1), "url-form");
    refused(checked(new Rollout.Probe.Metric("x", null, null), 1), "field-missing");
    refused(checked(new Rollout.Probe.Metric("x", 1.0, null), 0), "field-range");
    scenario
        .when(new Command.Start(checked(new Rollout.Probe.Http("https://a.b:9/c?d", 204), 3)))
        .accepted();
  }

  @Test
  void aRateIsJudgedWhenEnoughWereAttempted() {
    Rollout.Rate rate = new Rollout.Rate(10, 20);
    assertThat(rate.exceeded(19, 19)).isFalse();
    assertThat(rate.exceeded(2, 20)).isFalse();
    assertThat(rate.exceeded(3, 20)).isTrue();
    assertThat(rate.exceeded(10, 100)).isFalse();
  }

  private static Plan checked(Rollout.Probe probe, int attempts) {
    return new Plan(
        "summer",
        V3,
        Homes.Selector.ALL,
        List.of(),
        2,
        new Size.Percent(5),
        0,
        false,
        null,
        null,
        List.of(new Rollout.Check(probe, attempts, 1)));
  }

  @Test
  void sharesAreRoundedUp() {
    assertThat(new Size.Percent(1).of(60)).isEqualTo(1);
    assertThat(new Size.Percent(10).of(60)).isEqualTo(6);
    assertThat(new Size.Percent(100).of(61)).isEqualTo(61);
    assertThat(new Size.Count(100).of(60)).isEqualTo(60);
    assertThat(new Size.Percent(0).of(60)).isZero();
  }

  private void refused(Plan plan, String code) {
    scenario.when(new Command.Start(plan)).thenRefused(code);
  }

  private static Plan plan(List<Size> waves) {
    return new Plan("summer", V3, Homes.Selector.ALL, waves, 2, new Size.Percent(5), 0, false);
  }
}
