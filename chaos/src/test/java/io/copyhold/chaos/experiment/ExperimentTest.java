package io.copyhold.chaos.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.chaos.experiment.Experiment.Command;
import io.copyhold.chaos.experiment.Experiment.Event;
import io.copyhold.chaos.experiment.Experiment.Phase;
import io.copyhold.chaos.fault.Fault;
import io.copyhold.chaos.fault.Observed;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.EntityScenario;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.Mappers;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExperimentTest {
  private static final Plan KILL = Samples.plan(new Fault.KillNode("node-1"));
  private static final Plan PAUSE = Samples.plan(new Fault.PauseNode("node-1"));

  private final EntityScenario<Experiment, Command, Event> scenario =
      EntityScenario.of(Experiment.TYPE);

  @Test
  void itRunsAsItsOperationAndKeepsTheReport() {
    scenario.when(new Command.Define(KILL, "ann")).then(new Event.Planned(KILL, "ann"));
    scenario.when(new Command.Define(KILL, "ann")).thenNothing();
    assertThat(scenario.operations()).isEmpty();
    scenario.when(new Command.Run("ann", false)).then(new Event.RunBegan(1, "ann"));
    assertThat(scenario.operation("run/1").input()).isEqualTo(new Experiment.Input(KILL, 1));
    scenario.when(new Command.Run("ann", false)).thenRefused("experiment-running");
    scenario.when(new Command.Define(PAUSE, "ann")).thenRefused("experiment-running");
    Report report =
        Judge.report(KILL, new Observed(Instant.EPOCH, 0, List.of(), List.of()), null, true);
    scenario
        .settled("run/1", new Outcome.Done(Map.of("report", Mappers.tree(report, Report.class))))
        .then(new Event.RunEnded(1, new Phase.Ended(report)));
    assertThat(scenario.summary().path("verdict").asText()).isEqualTo("inconclusive");
    assertThat(scenario.operations()).isEmpty();
    scenario.when(new Command.Run("ben", false)).then(new Event.RunBegan(2, "ben"));
    scenario.when(new Command.RecordEnd(1, new Phase.Cancelled())).thenNothing();
  }

  @Test
  void whatCouldNotBeRunIsSaid() {
    scenario.after(new Command.Define(KILL, "ann"), new Command.Run("ann", false));
    scenario
        .settled("run/1", new Outcome.Undone(Problem.conflict("not-steady", "it is not steady")))
        .accepted();
    assertThat(scenario.summary().path("problem").asText()).isEqualTo("not-steady");
  }

  @Test
  void inProductionASecondPersonApprovesEachRun() {
    scenario.after(new Command.Define(KILL, "ann"));
    scenario.when(new Command.Run("ann", true)).thenRefused("approval-missing");
    scenario.when(new Command.Approve("ann")).thenRefused("approval-own");
    scenario.when(new Command.Approve("ben")).then(new Event.Approved("ben"));
    scenario.when(new Command.Approve("ben")).thenNothing();
    scenario.when(new Command.Run("ann", true)).then(new Event.RunBegan(1, "ann"));
    scenario.settled("run/1", new Outcome.Cancelled()).accepted();
    scenario.when(new Command.Run("ann", true)).thenRefused("approval-missing");
  }

  @Test
  void anotherPlanLosesTheApproval() {
    scenario.after(
        new Command.Define(KILL, "ann"),
        new Command.Approve("ben"),
        new Command.Define(PAUSE, "cleo"));
    scenario.when(new Command.Run("ann", true)).thenRefused("approval-missing");
    scenario.when(new Command.Approve("cleo")).thenRefused("approval-own");
    scenario.when(new Command.Approve("ann")).then(new Event.Approved("ann"));
  }

  @Test
  void aFaultBeyondTheRadiusIsRefused() {
    Plan.Radius nothing = new Plan.Radius(List.of(), List.of(), false, List.of(), 0);
    for (Fault fault :
        List.of(
            new Fault.KillNode("node-1"),
            new Fault.PauseNode("node-1"),
            new Fault.CutLink("node-1", "journal", false),
            new Fault.JournalAway(true),
            new Fault.StoreAway("store-a", false),
            new Fault.SlowStore("store-a", 10, 0, 0),
            new Fault.CutLink("node-1", "store-a", false),
            new Fault.FullDisk("store-a"),
            new Fault.FullDisk("journal"),
            new Fault.PoisonEntity("store/store-a"),
            new Fault.PoisonEntity("tenant/acme"),
            new Fault.ClockJump("node-1", 60))) {
      scenario
          .when(new Command.Define(Samples.plan(fault, nothing), "ann"))
          .thenRefused("beyond-radius");
      assertThat(PlanRules.flaw(Samples.plan(fault))).as("%s", fault).isEmpty();
    }
  }

  @Test
  void aPlanThatMakesNoSenseIsRefused() {
    scenario
        .when(new Command.Define(Samples.plan(new Fault.CutLink("node-1", "node-1", true)), "ann"))
        .thenRefused("link-ends");
    scenario
        .when(new Command.Define(Samples.plan(new Fault.LoadSpike("http://x/", 5)), "ann"))
        .thenRefused("path-form");
    scenario
        .when(new Command.Define(Samples.plan(new Fault.PoisonEntity("token/0001")), "ann"))
        .thenRefused("entity-form");
    Plan tooLong =
        new Plan(
            "long",
            "x",
            KILL.hypothesis(),
            KILL.radius(),
            List.of(new Plan.Planned(new Fault.PauseNode("node-1"), 15, 10)),
            List.of(),
            20,
            3,
            60,
            15);
    scenario.when(new Command.Define(tooLong, "ann")).thenRefused("fault-outlasts");
    scenario.when(new Command.Run("ann", false)).thenRefused("experiment-unknown");
  }
}
