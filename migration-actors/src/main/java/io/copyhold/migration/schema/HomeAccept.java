package io.copyhold.migration.schema;

import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.changelog.Migration.Input;
import io.copyhold.tenants.store.Fence;
import java.util.List;

/**
 * Takes a home's shape as somebody has changed it by hand: from now on a difference to this one is
 * drift. Refused when it has changed again since it was looked at. Changes nothing of the home's.
 */
public record HomeAccept(StepPorts ports) implements OperationType<Input> {
  @Override
  public String name() {
    return Migration.ACCEPT;
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
    return List.of(new Remember(ports, input));
  }

  private record Remember(StepPorts ports, Input input) implements Step {
    @Override
    public String name() {
      return "remember";
    }

    @Override
    public StepResult run(StepContext step) {
      ports
          .stores()
          .get(input.home().store())
          .remember(input.home(), input.accepts(), Fence.of(step, input.epoch()));
      return StepResult.done();
    }
  }
}
