package io.copyhold.migration.tenant;

import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.RetryPolicy;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.pool.Pool.DropInput;
import io.copyhold.tenants.pool.PoolType;
import io.copyhold.tenants.store.Fence;
import java.util.List;

/** Drops the home of an empty pool and gives up its place. It goes forward only. */
public record PoolDrop(StepPorts ports) implements OperationType<DropInput> {
  @Override
  public String name() {
    return PoolType.DROP;
  }

  @Override
  public String version() {
    return "1.0.0";
  }

  @Override
  public Class<DropInput> input() {
    return DropInput.class;
  }

  @Override
  public List<Step> steps(DropInput input) {
    return List.of(
        new DropHome(ports, input.home()),
        new ReleasePlace(
            Desk.STORE,
            input.home().store(),
            Pool.Spec.claim(input.home().name(), input.generation())));
  }

  private record DropHome(StepPorts ports, HomeRef home) implements Step {
    @Override
    public String name() {
      return "drop-home";
    }

    @Override
    public RetryPolicy retry() {
      return RetryPolicy.PATIENT;
    }

    @Override
    public StepResult run(StepContext step) {
      ports.stores().get(home.store()).dropHome(home, Fence.of(step, PoolType.EPOCH));
      return StepResult.done();
    }
  }
}
