package io.copyhold.migration.rollout;

import io.copyhold.migration.rollout.Rollout.Input;
import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.placement.Homes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A rollout's plan: count, then wave after wave, each followed by the question whether its failures
 * are too many, a time to soak, the health checks, and an approval if wanted; at last a sweep that
 * finds what was missed and counts exactly. Cancelling takes nothing back: a home that has the
 * version keeps it, until the rollout is rolled back.
 */
public record RolloutRun(StepPorts ports) implements OperationType<Input> {
  static final String SWEEP = "sweep";
  static final String BACK = "back";

  /** The gate's name when a wave has more failures than the budget allows. */
  public static final String BUDGET_GATE = "budget";

  /** The gate's name when a health check does not hold. */
  public static final String HEALTH_GATE = "health";

  @Override
  public String name() {
    return RolloutType.OPERATION;
  }

  @Override
  public String version() {
    return "2.0.0";
  }

  @Override
  public Class<Input> input() {
    return Input.class;
  }

  @Override
  public List<Step> steps(Input input) {
    Homes homes = ports.homes();
    List<Step> steps = new ArrayList<>();
    steps.add(new Count(homes, input));
    int last = input.plan().waves().size();
    if (input.back() != null || input.failedUnder() != null) {
      String name = input.back() != null ? BACK : SWEEP;
      Wave.Kind kind = input.back() != null ? Wave.Kind.BACK : Wave.Kind.RETRY;
      steps.add(new Wave(homes, input, name, null, last, kind));
      steps.add(new Sum(name));
      return steps;
    }
    String before = null;
    for (int i = 0; i <= last; i++) {
      String name = Waves.name(input.plan(), i);
      if (i > 0 && input.plan().gated()) {
        steps.add(new Gate(name));
      }
      steps.add(new Wave(homes, input, name, before, i, Wave.Kind.FORWARD));
      steps.addAll(Halts.at(input, "budget-" + name, BUDGET_GATE, step -> budget(step, name)));
      if (i < last && input.plan().soakSeconds() > 0) {
        steps.add(new Soak(name, Duration.ofSeconds(input.plan().soakSeconds())));
      }
      if (!input.plan().required().isEmpty()) {
        steps.add(new Health(ports, input.plan().required(), name));
        steps.addAll(
            Halts.at(input, "healthy-" + name, HEALTH_GATE, step -> Health.problem(step, name)));
      }
      before = name;
    }
    steps.add(new Wave(homes, input, SWEEP, before, last, Wave.Kind.SWEEP));
    steps.add(new Sum(SWEEP));
    return steps;
  }

  /** Why too many homes of a wave have failed; empty when they have not. */
  private static Optional<Problem> budget(StepContext step, String wave) {
    Front front = Mappers.JSON.convertValue(step.data(wave), Front.class);
    if (!front.exceeded()) {
      return Optional.empty();
    }
    Rollout.Result result = front.result();
    Rollout.Cause most = result.causes().isEmpty() ? null : result.causes().getFirst();
    return Optional.of(
        Problem.conflict(
                "failure-budget",
                front.failed()
                    + " of "
                    + front.attempted()
                    + " homes failed, more than the budget allows"
                    + (most == null
                        ? ""
                        : ", most of them (" + most.homes() + ") by " + most.cause()))
            .at(most == null ? wave : most.example())
            .todo(
                "approve 'budget' to go on (the budget is granted anew) and retry the failed ones in"
                    + " the end, or cancel"));
  }

  /** How many homes there are, and how far each wave reaches. */
  private record Count(Homes homes, Input input) implements Step {
    @Override
    public String name() {
      return Wave.COUNT;
    }

    @Override
    public StepResult run(StepContext step) {
      Waves.Census census = new Waves.Census();
      Waves.each(homes, input.plan(), census::add);
      return StepResult.done(
          Map.of("total", census.total(), "cuts", census.waves(input.plan()).cuts()));
    }
  }

  /** Waits before the next wave. */
  private record Soak(String wave, Duration time) implements Step {
    @Override
    public String name() {
      return "soak-" + wave;
    }

    @Override
    public StepResult run(StepContext step) {
      return step.iteration() == 0 ? StepResult.again(Map.of(), time, 0, 0) : StepResult.done();
    }
  }

  /** Waits for an approval of the next wave. */
  private record Gate(String wave) implements Step {
    @Override
    public String name() {
      return "gate-" + wave;
    }

    @Override
    public StepResult run(StepContext step) {
      return StepResult.gate(wave, "approve to begin " + wave + ", or cancel");
    }
  }

  /** What came of it all. */
  private record Sum(String of) implements Step {
    @Override
    public String name() {
      return RolloutType.RESULT;
    }

    @Override
    public StepResult run(StepContext step) {
      return StepResult.done(Mappers.JSON.convertValue(step.data(of), Front.class).result());
    }
  }
}
