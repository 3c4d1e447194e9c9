package io.copyhold.migration.tenant;

import io.copyhold.config.secret.SecretRef;
import io.copyhold.migration.schema.HomeOf;
import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.store.Fence;

/**
 * Gives a tenant its login in a home. Undoing removes it; in a pool with the rows it may have
 * written.
 */
record AddLogin(StepPorts ports, HomeOf home, String tenant, SecretRef password, long epoch)
    implements Step {
  @Override
  public String name() {
    return "add-login";
  }

  @Override
  public StepResult run(StepContext step) {
    var where = home.of(step);
    ports
        .stores()
        .get(where.store())
        .addTenant(
            where, tenant, ports.secrets().require(password).reveal(), Fence.of(step, epoch));
    return StepResult.done();
  }

  @Override
  public StepResult undo(StepContext step) {
    var where = home.of(step);
    ports.stores().get(where.store()).removeTenant(where, tenant, Fence.of(step, epoch));
    return StepResult.done();
  }
}
