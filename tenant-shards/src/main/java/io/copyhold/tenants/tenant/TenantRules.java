package io.copyhold.tenants.tenant;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.tenants.Fields;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.Turn;
import io.copyhold.tenants.tenant.Tenant.Absent;
import io.copyhold.tenants.tenant.Tenant.Adopting;
import io.copyhold.tenants.tenant.Tenant.Diverged;
import io.copyhold.tenants.tenant.Tenant.Found;
import io.copyhold.tenants.tenant.Tenant.Live;
import io.copyhold.tenants.tenant.Tenant.Offboarded;
import io.copyhold.tenants.tenant.Tenant.Offboarding;
import io.copyhold.tenants.tenant.Tenant.Phase;
import io.copyhold.tenants.tenant.Tenant.Provisioning;
import io.copyhold.tenants.tenant.Tenant.ProvisioningFailed;
import io.copyhold.tenants.tenant.Tenant.Task;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What commands do to a {@link Tenant}. */
final class TenantRules {
  static final int REASON_CHARS_MAX = 200;
  private static final int NAME_CHARS_MAX = 63;

  private TenantRules() {}

  static Decision<TenantEvent> decide(Tenant tenant, TenantCommand command) {
    return tenant instanceof Diverged diverged
            && !(command instanceof TenantCommand.Verify)
            && !(command instanceof TenantCommand.Reconcile)
        ? diverged(diverged, command)
        : decideAgreed(tenant, command);
  }

  /** What an operation of its lost past reports is passed over. */
  private static Decision<TenantEvent> diverged(Diverged diverged, TenantCommand command) {
    return switch (command) {
      case TenantCommand.RecordHome _,
          TenantCommand.RecordOffer _,
          TenantCommand.RecordDone _,
          TenantCommand.RecordFailed _ ->
          Decision.accept();
      default -> Decision.refuse(notHere(diverged));
    };
  }

  private static Decision<TenantEvent> decideAgreed(Tenant tenant, TenantCommand command) {
    return switch (command) {
      case TenantCommand.Verify(var evidence) -> TenantDivergence.verify(tenant, evidence);
      case TenantCommand.Reconcile(var profile) -> TenantDivergence.reconcile(tenant, profile);
      case TenantCommand.Onboard onboard -> onboard(tenant, onboard);
      case TenantCommand.Configure configure -> configure(tenant, configure);
      case TenantCommand.Rename(var name) -> rename(tenant, name);
      case TenantCommand.Tag tag -> tag(tenant, tag);
      case TenantCommand.Suspend(var reason) -> suspend(tenant, reason);
      case TenantCommand.Resume _ -> resume(tenant);
      case TenantCommand.MigrateTo(var target, var request) ->
          migrate(tenant, target, null, request);
      case TenantCommand.TakeBack(var target, var under, var request) ->
          migrate(tenant, target, under == null ? "" : under, request);
      case TenantCommand.AcceptShape(var target, var digest, var request) ->
          accept(tenant, target, digest, request);
      case TenantCommand.TurnVersion(var target, var turn, var request) ->
          turn(tenant, target, turn, request);
      case TenantCommand.Offboard(var confirm) -> offboard(tenant, confirm);
      case TenantCommand.Adopt(var profile, var found) -> adopt(tenant, profile, found);
      case TenantCommand.ConfirmAdoption _ -> confirmAdoption(tenant);
      case TenantCommand.AbandonAdoption _ -> abandonAdoption(tenant);
      case TenantCommand.RecordHome record -> TenantOutcomes.home(tenant, record);
      case TenantCommand.RecordOffer record -> TenantOutcomes.offer(tenant, record);
      case TenantCommand.RecordDone(var serial) -> TenantOutcomes.done(tenant, serial);
      case TenantCommand.RecordFailed record -> TenantOutcomes.failed(tenant, record);
    };
  }

  private static Decision<TenantEvent> onboard(Tenant tenant, TenantCommand.Onboard onboard) {
    Optional<Problem> flaw = flaw(onboard.profile());
    if (flaw.isEmpty()) {
      flaw =
          onboard.wish() == null
              ? Optional.of(
                  Problem.invalid("field-missing", "wish is missing").at("wish").todo("give it"))
              : onboard.wish().flaw();
    }
    if (flaw.isPresent()) {
      return Decision.refuse(flaw.get());
    }
    TenantEvent start =
        new TenantEvent.OnboardingStarted(onboard.profile(), onboard.wish(), tenant.serial() + 1);
    return switch (tenant) {
      case Absent _ -> Decision.accept(start);
      case Provisioning p ->
          same(
              p.profile(),
              onboard.profile(),
              p.wish().equals(onboard.wish())
                  ? Optional.empty()
                  : Fields.difference(p.wish(), onboard.wish()));
      case ProvisioningFailed f ->
          f.leftovers() ? Decision.refuse(leftovers(f)) : Decision.accept(start);
      case Live l -> same(l.profile(), onboard.profile(), difference(l.home(), onboard.wish()));
      case Adopting a ->
          Decision.refuse(
              Problem.conflict("tenant-exists", "the tenant is being adopted")
                  .at(where(a.profile()))
                  .todo("confirm or abandon its adoption"));
      case Offboarding o ->
          Decision.refuse(
              Problem.conflict("tenant-offboarding", "the tenant is being offboarded")
                  .at(where(o.profile()))
                  .todo("wait until it is gone, then onboard it with again=true"));
      case Diverged d -> Decision.refuse(notHere(d));
      case Offboarded o ->
          onboard.again()
              ? Decision.accept(start)
              : Decision.refuse(
                  Problem.conflict("tenant-offboarded", "a tenant of this id was offboarded")
                      .at(where(o.profile()))
                      .todo(
                          "choose another id, or onboard it with again=true if it is the same one"));
    };
  }

  private static Decision<TenantEvent> same(
      Profile there, Profile wanted, Optional<String> homeDifference) {
    Optional<String> difference = Fields.difference(there, wanted).or(() -> homeDifference);
    return difference.isEmpty()
        ? Decision.accept()
        : Decision.refuse(
            Problem.conflict("tenant-exists", "the tenant exists with another " + difference.get())
                .at(where(there))
                .todo("change that by its own command, or choose another id"));
  }

  private static Optional<String> difference(Home home, Wish wish) {
    if (home.ref().isolation() != wish.isolation()) {
      return Optional.of("isolation");
    }
    if (!home.changelog().equals(wish.target().changelog())) {
      return Optional.of("changelog");
    }
    if (wish.store() != null && !wish.store().equals(home.ref().store())) {
      return Optional.of("store");
    }
    return wish.pool() != null && !wish.pool().equals(home.ref().name())
        ? Optional.of("pool")
        : Optional.empty();
  }

  private static Decision<TenantEvent> configure(Tenant tenant, TenantCommand.Configure configure) {
    Profile profile = profile(tenant);
    if (profile == null) {
      return Decision.refuse(notHere(tenant));
    }
    Map<String, String> next = new TreeMap<>(profile.settings());
    configure.remove().forEach(next::remove);
    next.putAll(configure.set());
    Optional<Problem> flaw = Settings.check(next);
    if (flaw.isPresent()) {
      return Decision.refuse(flaw.get());
    }
    return next.equals(profile.settings())
        ? Decision.accept()
        : Decision.accept(new TenantEvent.Configured(next));
  }

  private static Decision<TenantEvent> rename(Tenant tenant, @Nullable String name) {
    Profile profile = profile(tenant);
    if (profile == null) {
      return Decision.refuse(notHere(tenant));
    }
    Optional<Problem> flaw = Fields.check().text("name", name, Profile.NAME_CHARS_MAX).problem();
    if (name == null || flaw.isPresent()) {
      return Decision.refuse(flaw.orElseThrow());
    }
    return name.equals(profile.name())
        ? Decision.accept()
        : Decision.accept(new TenantEvent.Renamed(name));
  }

  private static Decision<TenantEvent> tag(Tenant tenant, TenantCommand.Tag tag) {
    Profile profile = profile(tenant);
    if (profile == null) {
      return Decision.refuse(notHere(tenant));
    }
    List<String> tags = new ArrayList<>(profile.tags());
    tags.removeAll(tag.remove());
    tags.addAll(tag.add());
    List<String> next = Fields.sorted(tags);
    Optional<Problem> flaw = Fields.check().tags(next).problem();
    if (flaw.isPresent()) {
      return Decision.refuse(flaw.get());
    }
    return next.equals(profile.tags())
        ? Decision.accept()
        : Decision.accept(new TenantEvent.Tagged(next));
  }

  private static Decision<TenantEvent> suspend(Tenant tenant, @Nullable String reason) {
    Optional<Problem> flaw = Fields.check().text("reason", reason, REASON_CHARS_MAX).problem();
    if (reason == null || flaw.isPresent()) {
      return Decision.refuse(flaw.orElseThrow());
    }
    if (!(tenant instanceof Live live)) {
      return Decision.refuse(notHere(tenant));
    }
    if (live.task() instanceof Task.Suspend || live.task() == null && live.suspended() != null) {
      return Decision.accept();
    }
    return live.task() == null
        ? Decision.accept(new TenantEvent.SuspendStarted(live.serial() + 1, reason))
        : claimed(live);
  }

  private static Decision<TenantEvent> resume(Tenant tenant) {
    if (!(tenant instanceof Live live)) {
      return Decision.refuse(notHere(tenant));
    }
    // Also when its logins are open but the last suspend failed half-way.
    boolean open = live.suspended() == null && live.problem() == null;
    if (live.task() instanceof Task.Resume || live.task() == null && open) {
      return Decision.accept();
    }
    return live.task() == null
        ? Decision.accept(new TenantEvent.ResumeStarted(live.serial() + 1))
        : claimed(live);
  }

  /**
   * @param under whose migrations are taken back; null for the way forward
   */
  private static Decision<TenantEvent> migrate(
      Tenant tenant, @Nullable Target target, @Nullable String under, @Nullable String request) {
    if (!(tenant instanceof Live live)) {
      return Decision.refuse(notHere(tenant));
    }
    Home home = live.home();
    if (home.ref().isolation() == Isolation.POOL || home.version() == null) {
      return Decision.refuse(shared(live));
    }
    Task task = live.task();
    String claim = task == null ? null : task.word() + "/" + live.serial();
    Migration current = task instanceof Task.Migrate(var migration) ? migration : null;
    Decision<Migration> decision =
        under == null
            ? Migration.decide(
                where(live.profile()),
                home.changelog(),
                home.version(),
                claim,
                current,
                live.failure(),
                target,
                request)
            : Migration.takeBack(
                where(live.profile()),
                home.changelog(),
                home.version(),
                claim,
                current,
                live.failure(),
                home.arrival(),
                target,
                under,
                request);
    return started(live, decision);
  }

  private static Problem shared(Live live) {
    return Problem.conflict(
            "home-shared", "the tenant lives in a pool, whose tenants change version together")
        .at(where(live.profile()))
        .todo("migrate pool/" + live.home().ref().name());
  }

  private static Decision<TenantEvent> accept(
      Tenant tenant, @Nullable Target target, @Nullable String digest, @Nullable String request) {
    if (!(tenant instanceof Live live)) {
      return Decision.refuse(notHere(tenant));
    }
    Home home = live.home();
    if (home.ref().isolation() == Isolation.POOL || home.version() == null) {
      return Decision.refuse(shared(live));
    }
    Task task = live.task();
    return started(
        live,
        Migration.accept(
            where(live.profile()),
            home.changelog(),
            home.version(),
            task == null ? null : task.word() + "/" + live.serial(),
            task instanceof Task.Migrate(var migration) ? migration : null,
            target,
            digest,
            request));
  }

  private static Decision<TenantEvent> turn(
      Tenant tenant, @Nullable Target target, @Nullable Turn turn, @Nullable String request) {
    if (!(tenant instanceof Live live)) {
      return Decision.refuse(notHere(tenant));
    }
    Home home = live.home();
    if (home.ref().isolation() == Isolation.POOL || home.version() == null) {
      return Decision.refuse(shared(live));
    }
    Task task = live.task();
    return started(
        live,
        Migration.turn(
            where(live.profile()),
            home.changelog(),
            home.version(),
            task == null ? null : task.word() + "/" + live.serial(),
            task instanceof Task.Migrate(var migration) ? migration : null,
            live.failure(),
            target,
            turn,
            request));
  }

  private static Decision<TenantEvent> started(Live live, Decision<Migration> decision) {
    return switch (decision) {
      case Decision.Accept<Migration>(var start) ->
          start.isEmpty()
              ? Decision.accept()
              : Decision.accept(
                  new TenantEvent.MigrateStarted(live.serial() + 1, start.getFirst()));
      case Decision.Refuse<Migration>(var problem) -> Decision.refuse(problem);
      case Decision.Later<Migration>(var after, var problem) -> Decision.later(after, problem);
    };
  }

  private static Decision<TenantEvent> offboard(Tenant tenant, @Nullable String confirm) {
    Profile profile =
        switch (tenant) {
          case Offboarding o -> o.profile();
          case Offboarded o -> o.profile();
          default -> profile(tenant);
        };
    if (profile == null) {
      return Decision.refuse(notHere(tenant));
    }
    if (!profile.tenant().equals(confirm)) {
      return Decision.refuse(
          Problem.invalid(
                  "confirm-differs", "offboarding deletes data, and confirm is not the tenant's id")
              .at("confirm")
              .todo("give confirm=" + profile.tenant()));
    }
    return switch (tenant) {
      case Offboarded _ -> Decision.accept();
      case Offboarding o ->
          o.problem() == null
              ? Decision.accept()
              : Decision.accept(new TenantEvent.OffboardStarted(o.serial() + 1));
      case Live l ->
          l.task() == null
              ? Decision.accept(new TenantEvent.OffboardStarted(l.serial() + 1))
              : claimed(l);
      case Provisioning p ->
          Decision.later(
              Migration.BUSY, Migration.claimed(where(profile), "provision/" + p.serial()));
      case ProvisioningFailed f ->
          f.leftovers()
              ? Decision.refuse(leftovers(f))
              : Decision.accept(new TenantEvent.Offboarded(f.serial()));
      case Adopting _ ->
          Decision.refuse(
              Problem.conflict("tenant-adopting", "the tenant is being adopted")
                  .at(where(profile))
                  .todo("abandon its adoption"));
      case Absent _, Diverged _ -> Decision.refuse(notHere(tenant));
    };
  }

  private static Decision<TenantEvent> adopt(
      Tenant tenant, @Nullable Profile profile, @Nullable Found found) {
    Optional<Problem> flaw = flaw(profile);
    if (flaw.isEmpty()) {
      flaw = flaw(found);
    }
    if (profile == null || found == null || flaw.isPresent()) {
      return Decision.refuse(flaw.orElseThrow());
    }
    TenantEvent start = new TenantEvent.AdoptionStarted(profile, found, tenant.serial() + 1);
    return switch (tenant) {
      case Absent _ -> Decision.accept(start);
      case Adopting a when a.profile().equals(profile) && a.found().equals(found) ->
          a.phase() instanceof Phase.Failed ? Decision.accept(start) : Decision.accept();
      case Adopting a
          when a.phase() instanceof Phase.Failed || a.phase() instanceof Phase.Offered ->
          Decision.accept(start);
      case Live l
          when l.home().adopted()
              && l.home().ref().store().equals(found.store())
              && l.home().ref().isolation() == found.isolation()
              && l.profile().equals(profile) ->
          Decision.accept();
      case Adopting _,
          Live _,
          Provisioning _,
          ProvisioningFailed _,
          Offboarding _,
          Offboarded _,
          Diverged _ ->
          Decision.refuse(
              Problem.conflict("tenant-exists", "a tenant of this id is there or was there")
                  .at(where(profile))
                  .todo("adopt under another id"));
    };
  }

  private static Optional<Problem> flaw(@Nullable Profile profile) {
    return profile == null
        ? Optional.of(
            Problem.invalid("field-missing", "profile is missing").at("profile").todo("give it"))
        : profile.flaw();
  }

  private static Optional<Problem> flaw(@Nullable Found found) {
    if (found == null) {
      return Optional.of(
          Problem.invalid("field-missing", "what to adopt is missing")
              .at("found")
              .todo("give store, isolation, database and schema"));
    }
    String target = Target.flaw(found.baseline());
    return Fields.check()
        .id("store", found.store())
        .that(
            found.isolation() != null && found.isolation().ownHome(),
            "isolation",
            "isolation-not-adoptable",
            "only a database or a schema can be adopted",
            "give DATABASE or SCHEMA")
        .text("database", found.database(), NAME_CHARS_MAX)
        .that(
            found.isolation() != Isolation.SCHEMA || found.schema() != null,
            "schema",
            "field-missing",
            "schema is missing",
            "name the schema, or adopt the whole database")
        .text("schema", found.schema() == null ? "public" : found.schema(), NAME_CHARS_MAX)
        .that(
            target == null,
            "baseline",
            "target-form",
            String.valueOf(target),
            "take it from the changelog")
        .problem();
  }

  private static Decision<TenantEvent> confirmAdoption(Tenant tenant) {
    return switch (tenant) {
      case Adopting a ->
          switch (a.phase()) {
            case Phase.Offered(var offer) when offer.blocks().isEmpty() ->
                Decision.accept(new TenantEvent.AdoptionConfirmed(a.serial() + 1));
            case Phase.Offered(var offer) ->
                Decision.refuse(
                    Problem.conflict("adoption-blocked", offer.blocks().getFirst())
                        .at(where(a.profile()))
                        .todo("mend it, then adopt again for a new inventory"));
            case Phase.Taking _ -> Decision.accept();
            case Phase.Inventory _ ->
                Decision.later(
                    Migration.BUSY,
                    Migration.claimed(where(a.profile()), "inventory/" + a.serial()));
            case Phase.Failed(var problem) ->
                Decision.refuse(
                    Problem.conflict("adoption-failed", problem.what())
                        .at(where(a.profile()))
                        .todo("mend it, then adopt again"));
          };
      case Live l when l.home().adopted() -> Decision.accept();
      default ->
          Decision.refuse(
              Problem.conflict("no-adoption", "nothing is being adopted under this id")
                  .todo("adopt first; it changes nothing"));
    };
  }

  private static Decision<TenantEvent> abandonAdoption(Tenant tenant) {
    return switch (tenant) {
      case Absent _ -> Decision.accept();
      case Adopting a when a.phase() instanceof Phase.Taking ->
          Decision.later(
              Migration.BUSY, Migration.claimed(where(a.profile()), "adopt/" + a.serial()));
      case Adopting a when a.phase() instanceof Phase.Inventory ->
          Decision.later(
              Migration.BUSY, Migration.claimed(where(a.profile()), "inventory/" + a.serial()));
      case Adopting _ -> Decision.accept(new TenantEvent.AdoptionAbandoned());
      default ->
          Decision.refuse(
              Problem.conflict("no-adoption", "nothing is being adopted under this id")
                  .todo("look at the tenant's state"));
    };
  }

  private static Decision<TenantEvent> claimed(Live live) {
    Task task = live.task();
    return Decision.later(
        Migration.BUSY,
        Migration.claimed(
            where(live.profile()), (task == null ? "none" : task.word()) + "/" + live.serial()));
  }

  private static Problem leftovers(ProvisioningFailed f) {
    return Problem.conflict("leftovers", "the last attempt could not be undone")
        .at("operation/" + where(f.profile()) + "/provision/" + f.serial())
        .todo("retry that operation until its undo goes through");
  }

  /** The profile, where it can be changed. */
  private static @Nullable Profile profile(Tenant tenant) {
    return switch (tenant) {
      case Provisioning p -> p.profile();
      case ProvisioningFailed f -> f.profile();
      case Adopting a -> a.profile();
      case Live l -> l.profile();
      case Absent _, Offboarding _, Offboarded _, Diverged _ -> null;
    };
  }

  private static Problem notHere(Tenant tenant) {
    return switch (tenant) {
      case Absent _ ->
          Problem.notFound("tenant-unknown", "there is no such tenant").todo("onboard it first");
      case Provisioning p ->
          Problem.conflict("tenant-not-active", "the tenant is being provisioned")
              .at(where(p.profile()))
              .todo("wait for operation provision/" + p.serial());
      case ProvisioningFailed f ->
          Problem.conflict("tenant-not-active", "its provisioning failed: " + f.problem().what())
              .at(where(f.profile()))
              .todo("onboard it again");
      case Adopting a ->
          Problem.conflict("tenant-not-active", "the tenant is being adopted")
              .at(where(a.profile()))
              .todo("confirm or abandon its adoption");
      case Offboarding o ->
          Problem.conflict("tenant-offboarding", "the tenant is being offboarded")
              .at(where(o.profile()))
              .todo("wait for operation offboard/" + o.serial());
      case Offboarded o ->
          Problem.conflict("tenant-offboarded", "the tenant was offboarded")
              .at(where(o.profile()))
              .todo("onboard it with again=true");
      case Diverged d -> TenantDivergence.problem(d);
      case Live l -> throw new IllegalStateException("it is live: " + l.profile().tenant());
    };
  }

  private static String where(Profile profile) {
    return "tenant/" + profile.tenant();
  }
}
