package io.copyhold.migration.schema;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.changelog.Migration.Input;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.Script;
import java.util.List;

/**
 * Takes a schema change that is live in a home a phase further: completes it, so that clients of
 * the version before are refused, or finalizes it, which drops what only they had.
 */
public record HomeTurn(StepPorts ports) implements OperationType<Input> {
  @Override
  public String name() {
    return Migration.TURN;
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
    return List.of(
        new Turned(ports, input), new SettleHome(ports, HomeOf.known(input.home()), input.epoch()));
  }

  private record Turned(StepPorts ports, Input input) implements Step {
    @Override
    public String name() {
      return "turn";
    }

    @Override
    public StepResult run(StepContext step) {
      var turn = input.turn();
      if (turn == null) {
        throw new ProblemException(
            Problem.invalid("turn-missing", "it is not said what becomes of the change"));
      }
      Script document =
          ports
              .scripts()
              .upTo(input.target())
              .get(input.target().position(input.target().version()) - 1);
      ports
          .stores()
          .get(input.home().store())
          .turn(input.home(), document, turn, Fence.of(step, input.epoch()), ports.locks());
      return StepResult.done();
    }
  }
}
