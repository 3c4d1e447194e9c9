package io.copyhold.migration.rollout;

import io.copyhold.migration.rollout.Rollout.Command;
import io.copyhold.migration.rollout.Rollout.Input;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A place where a rollout may halt: it tells the rollout why, so that everybody sees it, waits for
 * a person, and tells it that it goes on.
 */
final class Halts {
  private Halts() {}

  /**
   * @param at journaled: {@code budget-wave-1}
   * @param signal to approve
   * @param why it halts; empty when it does not
   */
  static List<Step> at(
      Input input, String at, String signal, Function<StepContext, Optional<Problem>> why) {
    return List.of(new Halt(input, at, signal, why), new GoOn(input, "on-" + at, why));
  }

  private record Halt(
      Input input, String name, String signal, Function<StepContext, Optional<Problem>> why)
      implements Step {
    @Override
    public StepResult run(StepContext step) {
      Optional<Problem> problem = why.apply(step);
      if (problem.isEmpty()) {
        return StepResult.done();
      }
      return step.checkpoint().isPresent()
          ? StepResult.gate(signal, problem.get().what() + ": " + problem.get().todo())
          : StepResult.call(
              step.owner(), new Command.RecordHalt(input.generation(), signal, problem.get()));
    }

    @Override
    public StepResult answered(StepContext step, List<Reply> replies) {
      return StepResult.again(Map.of("told", true), Duration.ZERO, 0, 0);
    }
  }

  private record GoOn(Input input, String name, Function<StepContext, Optional<Problem>> why)
      implements Step {
    @Override
    public StepResult run(StepContext step) {
      return why.apply(step).isEmpty()
          ? StepResult.done()
          : StepResult.call(step.owner(), new Command.RecordGoingOn(input.generation()));
    }

    @Override
    public StepResult answered(StepContext step, List<Reply> replies) {
      return StepResult.done();
    }
  }
}
