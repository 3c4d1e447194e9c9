package io.copyhold.tenants.tenant;

import io.copyhold.runtime.Problem;
import io.copyhold.tenants.Fields;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.divergence.Evidence;
import io.copyhold.tenants.tenant.Tenant.Found;
import io.copyhold.tenants.tenant.Tenant.Offer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What happened to a {@link Tenant}; journaled for ever. */
public sealed interface TenantEvent {
  record OnboardingStarted(Profile profile, Wish wish, int serial) implements TenantEvent {}

  record Provisioned(int serial, Home home) implements TenantEvent {}

  record ProvisioningFailed(int serial, Problem problem, boolean leftovers)
      implements TenantEvent {}

  record AdoptionStarted(Profile profile, Found found, int serial) implements TenantEvent {}

  record AdoptionOffered(int serial, Offer offer) implements TenantEvent {}

  record AdoptionConfirmed(int serial) implements TenantEvent {}

  record AdoptionAbandoned() implements TenantEvent {}

  record AdoptionFailed(int serial, Problem problem) implements TenantEvent {}

  record Adopted(int serial, Home home) implements TenantEvent {}

  /**
   * @param settings all of them, as they are from now on
   */
  record Configured(Map<String, String> settings) implements TenantEvent {
    public Configured {
      settings = Fields.sorted(settings);
    }
  }

  record Renamed(String name) implements TenantEvent {}

  /**
   * @param tags all of them, as they are from now on
   */
  record Tagged(List<String> tags) implements TenantEvent {
    public Tagged {
      tags = Fields.sorted(tags);
    }
  }

  record SuspendStarted(int serial, String reason) implements TenantEvent {}

  record Suspended(int serial) implements TenantEvent {}

  record ResumeStarted(int serial) implements TenantEvent {}

  record Resumed(int serial) implements TenantEvent {}

  /** A suspend or resume did not go through; the logins are as before. */
  record AccessFailed(int serial, Problem problem) implements TenantEvent {}

  record MigrateStarted(int serial, Migration migration) implements TenantEvent {}

  record Migrated(int serial, String version) implements TenantEvent {}

  record MigrateFailed(int serial, Problem problem) implements TenantEvent {}

  /** The journal is behind its home. */
  record Diverged(Evidence evidence, List<String> findings) implements TenantEvent {
    public Diverged {
      findings = List.copyOf(findings);
    }
  }

  /**
   * What the home says holds from now on.
   *
   * @param profile null for a tenant that never was, as far as anybody knows
   * @param home null when there is none
   * @param suspended its login was found closed
   */
  record Reconciled(@Nullable Profile profile, @Nullable Home home, boolean suspended, int serial)
      implements TenantEvent {}

  record OffboardStarted(int serial) implements TenantEvent {}

  record OffboardFailed(int serial, Problem problem) implements TenantEvent {}

  record Offboarded(int serial) implements TenantEvent {}
}
