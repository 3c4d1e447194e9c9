package io.copyhold.tenants.tenant;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.tenants.divergence.Evidence;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.tenant.Tenant.Absent;
import io.copyhold.tenants.tenant.Tenant.Adopting;
import io.copyhold.tenants.tenant.Tenant.Diverged;
import io.copyhold.tenants.tenant.Tenant.Live;
import io.copyhold.tenants.tenant.Tenant.Offboarded;
import io.copyhold.tenants.tenant.Tenant.Offboarding;
import io.copyhold.tenants.tenant.Tenant.Provisioning;
import io.copyhold.tenants.tenant.Tenant.ProvisioningFailed;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether a {@link Tenant} is behind its home, and how it catches up. */
final class TenantDivergence {
  static final String REASON = "found suspended";

  private TenantDivergence() {}

  static Decision<TenantEvent> verify(Tenant tenant, Evidence evidence) {
    Tenant before = tenant instanceof Diverged d ? d.before() : tenant;
    List<String> findings = findings(before, evidence);
    return findings.isEmpty() || tenant instanceof Diverged d && d.evidence().equals(evidence)
        ? Decision.accept()
        : Decision.accept(new TenantEvent.Diverged(evidence, findings));
  }

  private static List<String> findings(Tenant tenant, Evidence evidence) {
    return switch (tenant) {
      case Live l when l.task() == null -> live(l, evidence);
      // What runs has effects half done; each is known by its intent.
      case Live _, Provisioning _, Adopting _, Offboarding _ -> evidence.missing();
      case ProvisioningFailed f -> f.leftovers() ? evidence.missing() : evidence.orphaned();
      case Absent _, Offboarded _ -> evidence.orphaned();
      case Diverged d -> findings(d.before(), evidence);
    };
  }

  private static List<String> live(Live l, Evidence evidence) {
    List<String> findings = new ArrayList<>(evidence.missing());
    Home home = l.home();
    Optional<Evidence.Seen> found = evidence.home(home.ref());
    if (found.isEmpty()) {
      findings.add("home " + home.ref() + " is gone");
      return findings;
    }
    Evidence.Seen seen = found.get();
    if (home.version() != null && !home.version().equals(seen.version())) {
      findings.add(
          "the home has schema version " + seen.version() + ", the journal says " + home.version());
    }
    if (seen.epoch() > home.epoch()) {
      findings.add("the home is in epoch " + seen.epoch() + ", the journal says " + home.epoch());
    }
    if (l.problem() == null && seen.suspended() != (l.suspended() != null)) {
      findings.add(
          seen.suspended()
              ? "its login is closed, the journal says it is open"
              : "its login is open, the journal says it is closed");
    }
    return findings;
  }

  /**
   * @param profile for a tenant that the journal does not know
   */
  static Decision<TenantEvent> reconcile(Tenant tenant, @Nullable Profile profile) {
    if (!(tenant instanceof Diverged diverged)) {
      return Decision.accept();
    }
    Evidence evidence = diverged.evidence();
    int serial = Math.max(diverged.before().serial(), evidence.serial());
    Profile known = profile(diverged.before());
    Optional<Evidence.Seen> seen = seen(diverged);
    if (seen.isEmpty()) {
      return Decision.accept(new TenantEvent.Reconciled(known, null, false, serial));
    }
    Profile taken = known == null ? profile : known;
    Optional<Problem> flaw =
        taken == null
            ? Optional.of(
                Problem.invalid("field-missing", "the journal does not know this tenant's profile")
                    .at("profile")
                    .todo("give name, plan, region and tier"))
            : taken.flaw();
    return flaw.isPresent()
        ? Decision.refuse(flaw.get())
        : Decision.accept(
            new TenantEvent.Reconciled(
                taken, home(diverged, seen.get(), serial), seen.get().suspended(), serial));
  }

  private static Optional<Evidence.Seen> seen(Diverged diverged) {
    Home home = home(diverged.before());
    return Optional.ofNullable(home)
        .flatMap(known -> diverged.evidence().home(known.ref()))
        .or(() -> diverged.evidence().homes().stream().findFirst());
  }

  private static Home home(Diverged diverged, Evidence.Seen seen, int serial) {
    Home known = home(diverged.before());
    int birth =
        known != null && known.ref().equals(seen.home())
            ? known.birth()
            : diverged.evidence().birth() > 0 ? diverged.evidence().birth() : Math.max(1, serial);
    return new Home(
        seen.home(),
        seen.epoch() + 1, // whoever still acts for the lost past is refused
        seen.changelog(),
        seen.home().isolation() == Isolation.POOL ? null : seen.version(),
        birth,
        seen.adopted());
  }

  private static @Nullable Home home(Tenant tenant) {
    return switch (tenant) {
      case Live l -> l.home();
      case Offboarding o -> o.home();
      default -> null;
    };
  }

  static @Nullable Profile profile(Tenant tenant) {
    return switch (tenant) {
      case Provisioning p -> p.profile();
      case ProvisioningFailed f -> f.profile();
      case Adopting a -> a.profile();
      case Live l -> l.profile();
      case Offboarding o -> o.profile();
      case Offboarded o -> o.profile();
      case Diverged d -> profile(d.before());
      case Absent _ -> null;
    };
  }

  static Tenant evolve(Diverged diverged, TenantEvent.Reconciled event) {
    Profile profile = event.profile();
    if (profile == null) {
      return new Absent(event.serial());
    }
    if (event.home() != null) {
      return new Live(
          profile,
          event.home(),
          event.suspended() ? REASON : null,
          event.serial(),
          null,
          null,
          null);
    }
    return switch (diverged.before()) {
      case Provisioning p ->
          new ProvisioningFailed(profile, p.wish(), event.serial(), overtaken(), false);
      case ProvisioningFailed f ->
          new ProvisioningFailed(profile, f.wish(), event.serial(), f.problem(), false);
      case Adopting _, Absent _ -> new Absent(event.serial());
      case Live _, Offboarding _, Offboarded _, Diverged _ ->
          new Offboarded(profile, event.serial());
    };
  }

  private static Problem overtaken() {
    return Problem.conflict(
            "overtaken", "the journal went back in time while the tenant was provisioned")
        .todo("onboard it again");
  }

  static Problem problem(Diverged d) {
    return Evidence.diverged(d.evidence().owner(), d.findings());
  }
}
