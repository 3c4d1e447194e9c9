package io.copyhold.migration.tenant;

import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.Tenant.HomeInput;
import io.copyhold.tenants.tenant.TenantType;
import java.util.List;

/**
 * Closes a tenant's logins and ends its sessions, or opens them again; when it fails they are as
 * before.
 */
public record TenantAccess(StepPorts ports, boolean close) implements OperationType<HomeInput> {
  @Override
  public String name() {
    return close ? TenantType.SUSPEND : TenantType.RESUME;
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
    return List.of(new Login(ports, input.tenant(), input.home(), close));
  }

  private record Login(StepPorts ports, String tenant, Home home, boolean close) implements Step {
    @Override
    public String name() {
      return close ? "close-logins" : "open-logins";
    }

    @Override
    public StepResult run(StepContext step) {
      return set(step, close);
    }

    @Override
    public StepResult undo(StepContext step) {
      return set(step, !close);
    }

    private StepResult set(StepContext step, boolean closed) {
      var store = ports.stores().get(home.ref().store());
      Fence fence = Fence.of(step, home.epoch());
      if (closed) {
        store.suspendTenant(home.ref(), tenant, fence);
      } else {
        store.resumeTenant(home.ref(), tenant, fence);
      }
      return StepResult.done();
    }
  }
}
