package io.copyhold.tenants.tenant;

import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.tenant.Tenant.Absent;
import io.copyhold.tenants.tenant.Tenant.Adopting;
import io.copyhold.tenants.tenant.Tenant.Diverged;
import io.copyhold.tenants.tenant.Tenant.Live;
import io.copyhold.tenants.tenant.Tenant.Offboarded;
import io.copyhold.tenants.tenant.Tenant.Offboarding;
import io.copyhold.tenants.tenant.Tenant.Phase;
import io.copyhold.tenants.tenant.Tenant.Provisioning;
import io.copyhold.tenants.tenant.Tenant.ProvisioningFailed;
import io.copyhold.tenants.tenant.Tenant.Task;
import org.jspecify.annotations.Nullable;

/** What events make of a {@link Tenant}. */
final class TenantFold {
  private TenantFold() {}

  /** Defined for what {@link TenantRules} emits; any other pair is a corrupt journal. */
  static Tenant evolve(Tenant tenant, TenantEvent event) {
    return switch (event) {
      case TenantEvent.OnboardingStarted(var profile, var wish, var serial) ->
          new Provisioning(profile, wish, serial);
      case TenantEvent.AdoptionStarted(var profile, var found, var serial) ->
          new Adopting(profile, found, serial, new Phase.Inventory());
      case TenantEvent.Diverged(var evidence, var findings) ->
          new Diverged(tenant instanceof Diverged d ? d.before() : tenant, evidence, findings);
      case TenantEvent.Configured _, TenantEvent.Renamed _, TenantEvent.Tagged _ ->
          profiled(tenant, event);
      default ->
          switch (tenant) {
            case Diverged d when event instanceof TenantEvent.Reconciled reconciled ->
                TenantDivergence.evolve(d, reconciled);
            case Provisioning p -> provisioning(p, event);
            case ProvisioningFailed f -> failed(f, event);
            case Adopting a -> adopting(a, event);
            case Live l -> live(l, event);
            case Offboarding o -> offboarding(o, event);
            case Absent _, Offboarded _, Diverged _ -> throw corrupt(tenant, event);
          };
    };
  }

  private static Tenant provisioning(Provisioning p, TenantEvent event) {
    return switch (event) {
      case TenantEvent.Provisioned(var serial, var home) ->
          new Live(p.profile(), home, null, serial, null, null, null);
      case TenantEvent.ProvisioningFailed(var serial, var problem, var leftovers) ->
          new ProvisioningFailed(p.profile(), p.wish(), serial, problem, leftovers);
      default -> throw corrupt(p, event);
    };
  }

  private static Tenant failed(ProvisioningFailed f, TenantEvent event) {
    return switch (event) {
      case TenantEvent.ProvisioningFailed(var serial, var problem, var leftovers) ->
          new ProvisioningFailed(f.profile(), f.wish(), serial, problem, leftovers);
      case TenantEvent.Offboarded(var serial) -> new Offboarded(f.profile(), serial);
      default -> throw corrupt(f, event);
    };
  }

  private static Tenant adopting(Adopting a, TenantEvent event) {
    return switch (event) {
      case TenantEvent.AdoptionOffered(var serial, var offer) ->
          new Adopting(a.profile(), a.found(), serial, new Phase.Offered(offer));
      case TenantEvent.AdoptionConfirmed(var serial) ->
          new Adopting(a.profile(), a.found(), serial, new Phase.Taking());
      case TenantEvent.AdoptionFailed(var serial, var problem) ->
          new Adopting(a.profile(), a.found(), serial, new Phase.Failed(problem));
      case TenantEvent.AdoptionAbandoned _ -> new Absent(a.serial());
      case TenantEvent.Adopted(var serial, var home) ->
          new Live(a.profile(), home, null, serial, null, null, null);
      default -> throw corrupt(a, event);
    };
  }

  private static Tenant live(Live l, TenantEvent event) {
    return switch (event) {
      case TenantEvent.SuspendStarted(var serial, var reason) ->
          with(l, serial, new Task.Suspend(reason));
      case TenantEvent.ResumeStarted(var serial) -> with(l, serial, new Task.Resume());
      case TenantEvent.MigrateStarted(var serial, var migration) ->
          with(l, serial, new Task.Migrate(migration));
      case TenantEvent.Suspended(var serial) when l.task() instanceof Task.Suspend(var reason) ->
          new Live(l.profile(), l.home(), reason, serial, null, l.failure(), null);
      case TenantEvent.Resumed(var serial) ->
          new Live(l.profile(), l.home(), null, serial, null, l.failure(), null);
      case TenantEvent.AccessFailed(var serial, var problem) ->
          new Live(l.profile(), l.home(), l.suspended(), serial, null, l.failure(), problem);
      case TenantEvent.Migrated(var serial, var version) ->
          new Live(
              l.profile(),
              l.home().at(version, arrival(l)),
              l.suspended(),
              serial,
              null,
              l.task() instanceof Task.Migrate(var migration) && !migration.moves()
                  ? l.failure() // still to be tried again
                  : null,
              l.problem());
      case TenantEvent.MigrateFailed(var serial, var problem)
          when l.task() instanceof Task.Migrate(var migration) ->
          new Live(
              l.profile(),
              l.home(),
              l.suspended(),
              serial,
              null,
              new Migration.Failure(migration.version(), migration.request(), problem),
              l.problem());
      case TenantEvent.OffboardStarted(var serial) ->
          new Offboarding(l.profile(), l.home(), serial, null);
      default -> throw corrupt(l, event);
    };
  }

  private static Migration.@Nullable Arrival arrival(Live l) {
    String before = l.home().version();
    return l.task() instanceof Task.Migrate(var migration) && before != null
        ? migration.arrival(before, l.home().arrival())
        : null;
  }

  private static Live with(Live l, int serial, Task task) {
    return new Live(l.profile(), l.home(), l.suspended(), serial, task, l.failure(), l.problem());
  }

  private static Tenant offboarding(Offboarding o, TenantEvent event) {
    return switch (event) {
      case TenantEvent.OffboardStarted(var serial) ->
          new Offboarding(o.profile(), o.home(), serial, null);
      case TenantEvent.OffboardFailed(var serial, var problem) ->
          new Offboarding(o.profile(), o.home(), serial, problem);
      case TenantEvent.Offboarded(var serial) -> new Offboarded(o.profile(), serial);
      default -> throw corrupt(o, event);
    };
  }

  private static Tenant profiled(Tenant tenant, TenantEvent event) {
    return switch (tenant) {
      case Provisioning p -> new Provisioning(changed(p.profile(), event), p.wish(), p.serial());
      case ProvisioningFailed f ->
          new ProvisioningFailed(
              changed(f.profile(), event), f.wish(), f.serial(), f.problem(), f.leftovers());
      case Adopting a ->
          new Adopting(changed(a.profile(), event), a.found(), a.serial(), a.phase());
      case Live l ->
          new Live(
              changed(l.profile(), event),
              l.home(),
              l.suspended(),
              l.serial(),
              l.task(),
              l.failure(),
              l.problem());
      case Absent _, Offboarding _, Offboarded _, Diverged _ -> throw corrupt(tenant, event);
    };
  }

  private static Profile changed(Profile profile, TenantEvent event) {
    return switch (event) {
      case TenantEvent.Configured(var settings) -> profile.configured(settings);
      case TenantEvent.Renamed(var name) -> profile.named(name);
      case TenantEvent.Tagged(var tags) -> profile.tagged(tags);
      default -> throw new IllegalStateException("not a change of the profile: " + event);
    };
  }

  private static IllegalStateException corrupt(Tenant tenant, TenantEvent event) {
    return new IllegalStateException(
        event.getClass().getSimpleName() + " after " + tenant.getClass().getSimpleName());
  }
}
