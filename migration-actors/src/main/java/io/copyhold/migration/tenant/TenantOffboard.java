package io.copyhold.migration.tenant;

import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.RetryPolicy;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.Tenant.HomeInput;
import io.copyhold.tenants.tenant.TenantType;
import java.util.List;

/**
 * Ends a tenant: logins closed, data and home removed, the place given up, the password deleted. It
 * goes forward only: deleted data does not come back, so after a failure it is begun again, and
 * finds what is done.
 */
public record TenantOffboard(StepPorts ports) implements OperationType<HomeInput> {
  @Override
  public String name() {
    return TenantType.OFFBOARD;
  }

  @Override
  public String version() {
    return "1.0.0";
  }

  @Override
  public Class<HomeInput> input() {
    return HomeInput.class;
  }

  @Override
  public List<Step> steps(HomeInput input) {
    Home home = input.home();
    boolean pooled = home.ref().isolation() == Isolation.POOL;
    return List.of(
        new RemoveData(ports, input.tenant(), home),
        new ReleasePlace(
            pooled ? Desk.POOL : Desk.STORE,
            pooled ? home.ref().name() : home.ref().store(),
            Home.claim(input.tenant(), home.birth())),
        new ForgetPassword(ports, Home.password(input.tenant(), home.birth())));
  }

  /**
   * Removes the tenant's data and login. In a pool its rows, proven to be gone; a home of its own
   * is dropped; an adopted one is given back as it is.
   */
  private record RemoveData(StepPorts ports, String tenant, Home home) implements Step {
    @Override
    public String name() {
      return "remove-data";
    }

    @Override
    public RetryPolicy retry() {
      return RetryPolicy.PATIENT;
    }

    @Override
    public StepResult run(StepContext step) {
      DataStore store = ports.stores().get(home.ref().store());
      Fence fence = Fence.of(step, home.epoch());
      if (home.adopted()) {
        store.release(home.ref(), fence);
      } else {
        store.removeTenant(home.ref(), tenant, fence);
        if (home.ref().isolation().ownHome()) {
          store.dropHome(home.ref(), fence);
        }
      }
      return StepResult.done();
    }
  }
}
