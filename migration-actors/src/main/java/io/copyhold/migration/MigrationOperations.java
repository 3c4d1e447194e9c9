package io.copyhold.migration;

import io.copyhold.migration.rollout.RolloutRun;
import io.copyhold.migration.schema.HomeAccept;
import io.copyhold.migration.schema.HomeMigrate;
import io.copyhold.migration.schema.HomeTakeBack;
import io.copyhold.migration.schema.HomeTurn;
import io.copyhold.migration.schema.StepPorts;
import io.copyhold.migration.store.StoreCheck;
import io.copyhold.migration.tenant.PoolCreate;
import io.copyhold.migration.tenant.PoolDrop;
import io.copyhold.migration.tenant.TenantAccess;
import io.copyhold.migration.tenant.TenantAdopt;
import io.copyhold.migration.tenant.TenantInventory;
import io.copyhold.migration.tenant.TenantOffboard;
import io.copyhold.migration.tenant.TenantProvision;
import io.copyhold.runtime.operation.OperationType;
import java.util.List;

/** All operations of this module, for the wiring. */
public final class MigrationOperations {
  private MigrationOperations() {}

  public static List<OperationType<?>> all(StepPorts ports) {
    return List.of(
        new StoreCheck(ports.stores()),
        new PoolCreate(ports),
        new PoolDrop(ports),
        new TenantProvision(ports),
        new TenantAccess(ports, true),
        new TenantAccess(ports, false),
        new TenantOffboard(ports),
        new TenantInventory(ports),
        new TenantAdopt(ports),
        new HomeMigrate(ports),
        new HomeTakeBack(ports),
        new HomeAccept(ports),
        new HomeTurn(ports),
        new RolloutRun(ports));
  }
}
