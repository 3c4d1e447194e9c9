package io.copyhold.tenants.tenant;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Verifying;
import io.copyhold.tenants.Fields;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.divergence.Evidence;
import io.copyhold.tenants.store.Turn;
import io.copyhold.tenants.tenant.Tenant.Found;
import io.copyhold.tenants.tenant.Tenant.Offer;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is asked of a {@link Tenant}: plain data, safe to send twice. */
public sealed interface TenantCommand {
  /**
   * A tenant with a home of its wish. The same again changes nothing; after a failure it is a new
   * attempt.
   *
   * @param again also when the tenant was offboarded before: it begins empty, under its old id
   */
  record Onboard(Profile profile, Wish wish, boolean again) implements TenantCommand {}

  /**
   * @param remove keys that go back to their defaults
   */
  record Configure(Map<String, String> set, List<String> remove) implements TenantCommand {
    public Configure {
      set = Fields.sorted(set);
      remove = Fields.sorted(remove);
    }
  }

  record Rename(String name) implements TenantCommand {}

  record Tag(List<String> add, List<String> remove) implements TenantCommand {
    public Tag {
      add = Fields.sorted(add);
      remove = Fields.sorted(remove);
    }
  }

  /** Closes its logins and ends its sessions; data stays. */
  record Suspend(String reason) implements TenantCommand {}

  record Resume() implements TenantCommand {}

  /**
   * @param request names who asks; one request starts a migration once, whatever becomes of it
   */
  record MigrateTo(Target target, String request) implements TenantCommand {}

  /**
   * Takes its home back to the version that it had before, if that was left by a request that
   * begins so; else nothing.
   *
   * @param target the version it is taken back from
   * @param under {@code rollout/summer/}
   * @param request names who asks; one request starts this once, whatever becomes of it
   */
  record TakeBack(Target target, String under, String request) implements TenantCommand {}

  /**
   * Takes its home's shape as somebody has changed it beside the changelog.
   *
   * @param target any version of its changelog
   * @param digest of the shape as it was looked at
   */
  record AcceptShape(Target target, String digest, String request) implements TenantCommand {}

  /**
   * Takes a schema change that is live in its home a phase further.
   *
   * @param target the version that the change leads to
   */
  record TurnVersion(Target target, Turn turn, String request) implements TenantCommand {}

  /**
   * Ends the tenant: its logins, its data and its home, unless that was adopted.
   *
   * @param confirm the tenant's id, once more
   */
  record Offboard(String confirm) implements TenantCommand {}

  /** Looks at an existing database or schema; changes nothing in it. */
  record Adopt(Profile profile, Found found) implements TenantCommand {}

  /** Takes over what was found. */
  record ConfirmAdoption() implements TenantCommand {}

  /** Leaves it alone. */
  record AbandonAdoption() implements TenantCommand {}

  /** Holds it against what its homes say of it. */
  record Verify(Evidence evidence) implements TenantCommand, Verifying {}

  /**
   * Takes over what the home says, where it is diverged.
   *
   * @param profile for a tenant that the journal does not know; else null
   */
  record Reconcile(@Nullable Profile profile) implements TenantCommand {}

  /** How {@code provision/<serial>} or {@code adopt/<serial>} ended well. */
  record RecordHome(int serial, Home home) implements TenantCommand {}

  record RecordOffer(int serial, Offer offer) implements TenantCommand {}

  /** How {@code suspend}, {@code resume}, {@code migrate} or {@code offboard} ended well. */
  record RecordDone(int serial) implements TenantCommand {}

  /**
   * @param leftovers not all could be undone
   */
  record RecordFailed(int serial, Problem problem, boolean leftovers) implements TenantCommand {}
}
