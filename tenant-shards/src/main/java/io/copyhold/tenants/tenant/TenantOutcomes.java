package io.copyhold.tenants.tenant;

import io.copyhold.runtime.entity.Decision;
import io.copyhold.tenants.tenant.Tenant.Adopting;
import io.copyhold.tenants.tenant.Tenant.Live;
import io.copyhold.tenants.tenant.Tenant.Offboarding;
import io.copyhold.tenants.tenant.Tenant.Phase;
import io.copyhold.tenants.tenant.Tenant.Provisioning;
import io.copyhold.tenants.tenant.Tenant.ProvisioningFailed;
import io.copyhold.tenants.tenant.Tenant.Task;

/**
 * How a {@link Tenant}'s operations end. What another operation than the current one reports
 * changes nothing.
 */
final class TenantOutcomes {
  private TenantOutcomes() {}

  static Decision<TenantEvent> home(Tenant tenant, TenantCommand.RecordHome record) {
    return switch (tenant) {
      case Provisioning p when p.serial() == record.serial() ->
          Decision.accept(new TenantEvent.Provisioned(p.serial(), record.home()));
      case Adopting a when a.serial() == record.serial() && a.phase() instanceof Phase.Taking ->
          Decision.accept(new TenantEvent.Adopted(a.serial(), record.home()));
      default -> Decision.accept();
    };
  }

  static Decision<TenantEvent> offer(Tenant tenant, TenantCommand.RecordOffer record) {
    return tenant instanceof Adopting a
            && a.serial() == record.serial()
            && a.phase() instanceof Phase.Inventory
        ? Decision.accept(new TenantEvent.AdoptionOffered(a.serial(), record.offer()))
        : Decision.accept();
  }

  static Decision<TenantEvent> done(Tenant tenant, int serial) {
    if (tenant.serial() != serial) {
      return Decision.accept();
    }
    return switch (tenant) {
      case Live l when l.task() != null ->
          Decision.accept(
              switch (l.task()) {
                case Task.Suspend _ -> new TenantEvent.Suspended(serial);
                case Task.Resume _ -> new TenantEvent.Resumed(serial);
                case Task.Migrate(var migration) ->
                    new TenantEvent.Migrated(serial, migration.version());
              });
      case Offboarding _ -> Decision.accept(new TenantEvent.Offboarded(serial));
      default -> Decision.accept();
    };
  }

  static Decision<TenantEvent> failed(Tenant tenant, TenantCommand.RecordFailed record) {
    int serial = record.serial();
    if (tenant.serial() != serial) {
      return Decision.accept();
    }
    return switch (tenant) {
      case Provisioning _ ->
          Decision.accept(
              new TenantEvent.ProvisioningFailed(serial, record.problem(), record.leftovers()));
      // An undo that was given up went through after all.
      case ProvisioningFailed f when f.leftovers() && !record.leftovers() ->
          Decision.accept(new TenantEvent.ProvisioningFailed(serial, record.problem(), false));
      case Adopting a
          when a.phase() instanceof Phase.Inventory || a.phase() instanceof Phase.Taking ->
          Decision.accept(new TenantEvent.AdoptionFailed(serial, record.problem()));
      case Live l when l.task() != null ->
          Decision.accept(
              l.task() instanceof Task.Migrate
                  ? new TenantEvent.MigrateFailed(serial, record.problem())
                  : new TenantEvent.AccessFailed(serial, record.problem()));
      case Offboarding o when o.problem() == null ->
          Decision.accept(new TenantEvent.OffboardFailed(serial, record.problem()));
      default -> Decision.accept();
    };
  }
}
