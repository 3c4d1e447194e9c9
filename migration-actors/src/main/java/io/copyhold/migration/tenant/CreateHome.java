package io.copyhold.migration.tenant;

import io.copyhold.migration.schema.HomeOf;
import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.store.Fence;

/** Makes an empty home. Undoing drops it with all that came into it. */
record CreateHome(StepPorts ports, HomeOf home, String changelog, long epoch) implements Step {
  @Override
  public String name() {
    return "create-home";
  }

  @Override
  public StepResult run(StepContext step) {
    var where = home.of(step);
    ports.stores().get(where.store()).createHome(where, changelog, Fence.of(step, epoch));
    return StepResult.done();
  }

  @Override
  public StepResult undo(StepContext step) {
    var where = home.of(step);
    ports.stores().get(where.store()).dropHome(where, Fence.of(step, epoch));
    return StepResult.done();
  }
}
