package io.copyhold.chaos.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.chaos.experiment.Experiment.Input;
import io.copyhold.chaos.fault.FaultAgent;
import io.copyhold.chaos.fault.FaultState;
import io.copyhold.chaos.fault.Observed;
import io.copyhold.chaos.fault.Timing;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A run: see what would be hit, watch, wait until all is steady, inject, observe, lift, wait until
 * all is steady again, report. The clock is the agent's, which outlives the node that runs this; so
 * a run that was interrupted goes on where the faults are by then. Whatever goes wrong, the faults
 * end: undoing lifts them, and what nobody renews lifts itself.
 */
record ExperimentRun(FaultAgent agent, Tenants tenants) implements OperationType<Input> {
  /** Between two looks; long enough to be cheap, short against a lease. */
  private static final Duration LOOK = Duration.ofMillis(500);

  /** To become steady before anything is injected, besides the steady time itself. */
  private static final long STEADY_LIMIT_MS = 60_000;

  @Override
  public String name() {
    return ExperimentType.OPERATION;
  }

  @Override
  public String version() {
    return "1.0.0";
  }

  @Override
  public Class<Input> input() {
    return Input.class;
  }

  @Override
  public List<Step> steps(Input input) {
    Run run = new Run(input.plan(), id(input), agent);
    return List.of(
        new Resolve(input.plan(), agent, tenants),
        new Watch(run),
        new Steady(run),
        new Inject(run),
        new Observe(run),
        new Lift(run),
        new Verify(run),
        new Tell(run),
        new Clear(run));
  }

  /** What the agent knows a run by; its faults are called so, and a number. */
  static String id(Input input) {
    return input.plan().experiment() + "/" + input.run();
  }

  /** What the steps share. */
  record Run(Plan plan, String id, FaultAgent agent) {
    Observed look() throws IOException, InterruptedException {
      return agent.observed(id, LOOK);
    }

    String fault(int index) {
      return id + "/" + index;
    }

    /** Lifts all; what the agent never heard of is lifted already. */
    void lift() throws IOException, InterruptedException {
      for (int i = 0; i < plan.faults().size(); i++) {
        try {
          agent.lift(fault(i));
        } catch (ProblemException e) {
          if (e.problem().kind() != Problem.Kind.NOT_FOUND) {
            throw e;
          }
        }
      }
    }
  }

  /** Goes on with the same step later: a hand-off, or somebody cancels. */
  private static StepResult later(StepContext step) {
    JsonNode checkpoint = step.checkpoint().orElseGet(Mappers.JSON::createObjectNode);
    return StepResult.again(checkpoint, Duration.ZERO, 0, 0);
  }

  /** Refuses what would hit more than it may, before anything is done. */
  record Resolve(Plan plan, FaultAgent agent, Tenants tenants) implements Step {
    @Override
    public String name() {
      return "resolve";
    }

    @Override
    public StepResult run(StepContext step) throws IOException, InterruptedException {
      if (!tenants.current()) {
        return StepResult.notNow(
            Duration.ofSeconds(1),
            Problem.unavailable("directory-behind", "the directory is being built"));
      }
      Preview preview = Preview.of(plan, agent.reach(), tenants);
      Optional<Problem> obstacle = preview.obstacle();
      return obstacle.isPresent() ? StepResult.over(obstacle.get()) : StepResult.done(preview);
    }
  }

  record Watch(Run run) implements Step {
    @Override
    public String name() {
      return "watch";
    }

    @Override
    public StepResult run(StepContext step) throws IOException, InterruptedException {
      run.agent.watch(run.id, run.plan.probes(), run.plan.experiment());
      return StepResult.done();
    }

    @Override
    public StepResult undo(StepContext step) throws IOException, InterruptedException {
      run.agent.forget(run.id);
      return StepResult.done();
    }
  }

  /** The hypothesis must hold before it can be tried. */
  record Steady(Run run) implements Step {
    @Override
    public String name() {
      return "steady";
    }

    @Override
    public StepResult run(StepContext step) throws IOException, InterruptedException {
      long wanted = run.plan.steadySeconds() * 1_000L;
      while (!step.stopping()) {
        Observed seen = run.look();
        if (Judge.steady(seen, wanted)) {
          return StepResult.done();
        }
        if (seen.elapsedMs() > STEADY_LIMIT_MS + wanted) {
          String trouble =
              seen.probes().stream()
                  .filter(probe -> probe.steadyMs() < wanted)
                  .map(probe -> probe.probe() + ": " + probe.trouble())
                  .findFirst()
                  .orElse("");
          return StepResult.over(
              Problem.conflict(
                      "not-steady", "the hypothesis does not hold before any fault: " + trouble)
                  .at(run.plan.experiment())
                  .todo("mend what is wrong, or the probe, and run it again"));
        }
      }
      return later(step);
    }
  }

  /** Tells the agent all faults at once; it injects each at its time. */
  record Inject(Run run) implements Step {
    @Override
    public String name() {
      return "inject";
    }

    @Override
    public StepResult run(StepContext step) throws IOException, InterruptedException {
      for (int i = 0; i < run.plan.faults().size(); i++) {
        Plan.Planned planned = run.plan.faults().get(i);
        run.agent.plan(
            run.fault(i),
            planned.fault(),
            new Timing(
                planned.atSecond() * 1_000L,
                planned.forSeconds() * 1_000L,
                run.plan.leaseSeconds() * 1_000L));
      }
      return StepResult.done();
    }

    @Override
    public StepResult undo(StepContext step) throws IOException, InterruptedException {
      run.lift();
      return StepResult.done();
    }
  }

  /** Renews the leases and looks for a reason to stop, until the time is over. */
  record Observe(Run run) implements Step {
    @Override
    public String name() {
      return "observe";
    }

    @Override
    public StepResult run(StepContext step) throws IOException, InterruptedException {
      long wanted = run.plan.durationSeconds() * 1_000L;
      while (!step.stopping()) {
        Observed seen = run.look();
        long gone = seen.faults().stream().mapToLong(FaultState::plannedAgoMs).max().orElse(0);
        Optional<String> abort = Judge.abort(run.plan, seen);
        if (abort.isPresent()) {
          run.lift(); // at once, and not when the next step comes
          return StepResult.done(Map.of("aborted", abort.get()));
        }
        for (FaultState fault : seen.faults()) {
          if (fault.end() == null) {
            run.agent.renew(fault.id());
          }
        }
        if (gone >= wanted) {
          return StepResult.done();
        }
        step.progress(gone / 1_000, wanted / 1_000, null);
      }
      return later(step);
    }
  }

  record Lift(Run run) implements Step {
    @Override
    public String name() {
      return "lift";
    }

    @Override
    public StepResult run(StepContext step) throws IOException, InterruptedException {
      run.lift();
      return StepResult.done();
    }
  }

  /** Waits until the hypothesis holds again; says whether it did in time. */
  record Verify(Run run) implements Step {
    private static final String SINCE = "sinceMs";

    @Override
    public String name() {
      return "verify";
    }

    @Override
    public StepResult run(StepContext step) throws IOException, InterruptedException {
      long steady = run.plan.steadySeconds() * 1_000L;
      long limit = run.plan.recoverSeconds() * 1_000L + steady;
      long since = step.checkpoint().map(known -> known.path(SINCE).asLong(-1)).orElse(-1L);
      while (!step.stopping()) {
        Observed seen = run.look();
        if (since < 0) {
          since = seen.elapsedMs();
          step.progress(0, limit / 1_000, Map.of(SINCE, since));
        }
        if (Judge.steady(seen, steady)) {
          return StepResult.done(Map.of("recovered", true));
        }
        if (seen.elapsedMs() - since > limit) {
          return StepResult.done(Map.of("recovered", false));
        }
      }
      return StepResult.again(Map.of(SINCE, since), Duration.ZERO, 0, limit / 1_000);
    }
  }

  record Tell(Run run) implements Step {
    @Override
    public String name() {
      return ExperimentType.REPORT;
    }

    @Override
    public StepResult run(StepContext step) throws IOException, InterruptedException {
      JsonNode aborted = step.data("observe").path("aborted");
      Report report =
          Judge.report(
              run.plan,
              run.agent.observed(run.id, Duration.ZERO),
              aborted.isTextual() ? aborted.asText() : null,
              step.data("verify").path("recovered").asBoolean());
      return StepResult.done(Mappers.tree(report, Report.class));
    }
  }

  /** Only now that the report is safe. */
  record Clear(Run run) implements Step {
    @Override
    public String name() {
      return "clear";
    }

    @Override
    public StepResult run(StepContext step) throws IOException, InterruptedException {
      run.agent.forget(run.id);
      return StepResult.done();
    }
  }
}
