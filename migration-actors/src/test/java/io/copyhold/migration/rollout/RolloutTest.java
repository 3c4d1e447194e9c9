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
