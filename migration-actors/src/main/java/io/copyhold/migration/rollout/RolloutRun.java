package io.copyhold.migration.rollout;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.migration.rollout.Rollout.Input;
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

/**
 * A rollout's plan: count, then wave after wave, each followed by the question whether its failures
 * are too many, a time to soak, and an approval if wanted; at last a sweep that finds what was
 * missed and counts exactly. Cancelling takes nothing back: a home that has the version keeps it.
 */
public record RolloutRun(Homes homes) implements OperationType<Input> {
  static final String SWEEP = "sweep";

  /** The gate's name when a wave has more failures than the budget allows. */
  public static final String BUDGET_GATE = "budget";

  @Override
  public String name() {
    return RolloutType.OPERATION;
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
    List<Step> steps = new ArrayList<>();
    steps.add(new Count(homes, input));
    if (input.failedUnder() != null) {
      steps.add(new Wave(homes, input, SWEEP, null, null, null, false));
      steps.add(new Sum());
      return steps;
    }
    List<Rollout.Size> waves = input.plan().waves();
    String before = null;
    for (int i = 0; i <= waves.size(); i++) {
      boolean last = i == waves.size();
      String name = last ? "wave-rest" : "wave-" + (i + 1);
      if (i > 0 && input.plan().gated()) {
        steps.add(new Gate(name));
      }
      steps.add(
          new Wave(
              homes,
              input,
              name,
              before,
              last ? null : waves.get(i),
              input.plan().budget(),
              false));
      steps.add(new Budget(name));
      if (!last && input.plan().soakSeconds() > 0) {
        steps.add(new Soak(name, Duration.ofSeconds(input.plan().soakSeconds())));
      }
      before = name;
    }
    steps.add(new Wave(homes, input, SWEEP, before, null, null, true));
    steps.add(new Sum());
    return steps;
  }

  /** How many homes there are, for shares and progress. */
  private record Count(Homes homes, Input input) implements Step {
    @Override
    public String name() {
      return Wave.COUNT;
    }

    @Override
    public StepResult run(StepContext step) {
      long total =
          homes.stores(input.plan().target().changelog(), input.plan().selector()).stream()
              .mapToLong(Homes.StoreCount::homes)
              .sum();
      return StepResult.done(Map.of("total", total));
    }
  }

  /** Asks a person when a wave failed more than allowed: going on grants the budget anew. */
  private record Budget(String wave) implements Step {
    @Override
    public String name() {
      return "budget-" + wave;
    }

    @Override
    public StepResult run(StepContext step) {
      JsonNode front = step.data(wave);
      return front.path("exceeded").asBoolean()
          ? StepResult.gate(
              BUDGET_GATE,
              front.path("failed").asLong()
                  + " homes failed, more than the budget allows: approve to go on, or cancel")
          : StepResult.done();
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
  private record Sum() implements Step {
    @Override
    public String name() {
      return RolloutType.RESULT;
    }

    @Override
    public StepResult run(StepContext step) {
      Front front = Mappers.JSON.convertValue(step.data(SWEEP), Front.class);
      return StepResult.done(
          new Rollout.Result(
              front.done() + front.failed() + front.skipped(),
              front.done(),
              front.failed(),
              front.skipped(),
              front.samples()));
    }
  }
}
