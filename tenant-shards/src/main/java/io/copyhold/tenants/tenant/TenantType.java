package io.copyhold.tenants.tenant;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.changelog.SchemaVersion;
import io.copyhold.tenants.isolation.Isolation;
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
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a {@link Tenant} wants, and how it shows itself; the rules stand in {@link TenantRules}. */
public final class TenantType implements EntityType<Tenant, TenantCommand, TenantEvent> {
  public static final String PROVISION = "tenant-provision";
  public static final String SUSPEND = "tenant-suspend";
  public static final String RESUME = "tenant-resume";
  public static final String OFFBOARD = "tenant-offboard";
  public static final String INVENTORY = "tenant-inventory";
  public static final String ADOPT = "tenant-adopt";

  /** The step of {@link #PROVISION} and {@link #ADOPT} whose data is the {@link Home}. */
  public static final String HOME_RESULT = "confirm";

  /** The step of {@link #INVENTORY} whose data is the {@link Tenant.Offer}. */
  public static final String OFFER_RESULT = "inventory";

  private static final StoredTypes STORED =
      StoredTypes.of("tenant", Tenant.class)
          .command("onboard", TenantCommand.Onboard.class)
          .command("configure", TenantCommand.Configure.class)
          .command("rename", TenantCommand.Rename.class)
          .command("tag", TenantCommand.Tag.class)
          .command("suspend", TenantCommand.Suspend.class)
          .command("resume", TenantCommand.Resume.class)
          .command("migrate-to", TenantCommand.MigrateTo.class)
          .command("take-back", TenantCommand.TakeBack.class)
          .command("accept-shape", TenantCommand.AcceptShape.class)
          .command("turn-version", TenantCommand.TurnVersion.class)
          .command("offboard", TenantCommand.Offboard.class)
          .command("adopt", TenantCommand.Adopt.class)
          .command("confirm-adoption", TenantCommand.ConfirmAdoption.class)
          .command("abandon-adoption", TenantCommand.AbandonAdoption.class)
          .command("verify", TenantCommand.Verify.class)
          .command("reconcile", TenantCommand.Reconcile.class)
          .command("record-home", TenantCommand.RecordHome.class)
          .command("record-offer", TenantCommand.RecordOffer.class)
          .command("record-done", TenantCommand.RecordDone.class)
          .command("record-failed", TenantCommand.RecordFailed.class)
          .event("onboarding-started", TenantEvent.OnboardingStarted.class)
          .event("provisioned", TenantEvent.Provisioned.class)
          .event("provisioning-failed", TenantEvent.ProvisioningFailed.class)
          .event("adoption-started", TenantEvent.AdoptionStarted.class)
          .event("adoption-offered", TenantEvent.AdoptionOffered.class)
          .event("adoption-confirmed", TenantEvent.AdoptionConfirmed.class)
          .event("adoption-abandoned", TenantEvent.AdoptionAbandoned.class)
          .event("adoption-failed", TenantEvent.AdoptionFailed.class)
          .event("adopted", TenantEvent.Adopted.class)
          .event("configured", TenantEvent.Configured.class)
          .event("renamed", TenantEvent.Renamed.class)
          .event("tagged", TenantEvent.Tagged.class)
          .event("suspend-started", TenantEvent.SuspendStarted.class)
          .event("suspended", TenantEvent.Suspended.class)
          .event("resume-started", TenantEvent.ResumeStarted.class)
          .event("resumed", TenantEvent.Resumed.class)
          .event("access-failed", TenantEvent.AccessFailed.class)
          .event("migrate-started", TenantEvent.MigrateStarted.class)
          .event("migrated", TenantEvent.Migrated.class)
          .event("migrate-failed", TenantEvent.MigrateFailed.class)
          .event("diverged", TenantEvent.Diverged.class)
          .event("reconciled", TenantEvent.Reconciled.class)
          .event("offboard-started", TenantEvent.OffboardStarted.class)
          .event("offboard-failed", TenantEvent.OffboardFailed.class)
          .event("offboarded", TenantEvent.Offboarded.class);

  TenantType() {}

  /** The entity of a tenant's id. */
  public static EntityRef ref(String tenant) {
    return new EntityRef("tenant", tenant);
  }

  @Override
  public String name() {
    return "tenant";
  }

  @Override
  public Tenant initial() {
    return new Absent(0);
  }

  @Override
  public StoredTypes stored() {
    return STORED;
  }

  @Override
  public boolean exists(Tenant state) {
    return !(state instanceof Absent);
  }

  @Override
  public Decision<TenantEvent> decide(Tenant state, TenantCommand command, Instant now) {
    return TenantRules.decide(state, command);
  }

  @Override
  public Tenant evolve(Tenant state, TenantEvent event) {
    return TenantFold.evolve(state, event);
  }

  @Override
  public List<OperationRequest> operations(Tenant state) {
    return switch (state) {
      case Provisioning p ->
          List.of(
              new OperationRequest(
                  "provision/" + p.serial(),
                  PROVISION,
                  new Tenant.ProvisionInput(
                      p.profile().tenant(),
                      p.profile().region(),
                      p.profile().tier(),
                      p.serial(),
                      p.wish())));
      case Adopting a ->
          switch (a.phase()) {
            case Phase.Inventory _ ->
                List.of(new OperationRequest("inventory/" + a.serial(), INVENTORY, input(a)));
            case Phase.Taking _ ->
                List.of(new OperationRequest("adopt/" + a.serial(), ADOPT, input(a)));
            case Phase.Offered _, Phase.Failed _ -> List.of();
          };
      case Live l when l.task() != null -> List.of(operation(l, l.task()));
      case Offboarding o when o.problem() == null ->
          List.of(
              new OperationRequest(
                  "offboard/" + o.serial(),
                  OFFBOARD,
                  new Tenant.HomeInput(o.profile().tenant(), o.home())));
      case Absent _, ProvisioningFailed _, Live _, Offboarding _, Offboarded _, Diverged _ ->
          List.of();
    };
  }

  private static Tenant.AdoptInput input(Adopting a) {
    return new Tenant.AdoptInput(a.profile().tenant(), a.found(), a.serial());
  }

  private static OperationRequest operation(Live l, Task task) {
    Tenant.HomeInput home = new Tenant.HomeInput(l.profile().tenant(), l.home());
    String id = task.word() + "/" + l.serial();
    return switch (task) {
      case Task.Suspend _ -> new OperationRequest(id, SUSPEND, home);
      case Task.Resume _ -> new OperationRequest(id, RESUME, home);
      case Task.Migrate(var migration) ->
          new OperationRequest(
              id,
              migration.operation(),
              new Migration.Input(
                  l.home().ref(),
                  migration.target(),
                  l.home().version() == null ? SchemaVersion.NONE : l.home().version(),
                  l.home().epoch(),
                  migration.back(),
                  migration.accepts(),
                  migration.turn()));
    };
  }

  @Override
  public Optional<TenantCommand> settle(Tenant state, String operation, Outcome outcome) {
    int serial = Integer.parseInt(operation.substring(operation.indexOf('/') + 1));
    String name = operation.substring(0, operation.indexOf('/'));
    return Optional.of(
        switch (outcome) {
          case Outcome.Done(var data) -> done(name, serial, data);
          case Outcome.Undone(var problem) ->
              new TenantCommand.RecordFailed(serial, problem, false);
          case Outcome.FailedInRollback(var problem, _) ->
              new TenantCommand.RecordFailed(serial, problem, true);
          case Outcome.Cancelled _ ->
              new TenantCommand.RecordFailed(
                  serial, Problem.conflict("cancelled", "the operation was cancelled"), false);
        });
  }

  private static TenantCommand done(String name, int serial, Map<String, JsonNode> data) {
    return switch (name) {
      case "provision", "adopt" ->
          new TenantCommand.RecordHome(
              serial, Mappers.JSON.convertValue(data.get(HOME_RESULT), Home.class));
      case "inventory" ->
          new TenantCommand.RecordOffer(
              serial, Mappers.JSON.convertValue(data.get(OFFER_RESULT), Tenant.Offer.class));
      default -> new TenantCommand.RecordDone(serial);
    };
  }

  @Override
  public JsonNode summary(Tenant state) {
    ObjectNode node = Mappers.JSON.createObjectNode();
    return switch (state) {
      case Absent _ -> node.put("state", "absent");
      case Provisioning p ->
          wish(profile(node.put("state", "provisioning"), p.profile()), p.wish())
              .put("operation", "provision/" + p.serial());
      case ProvisioningFailed f ->
          wish(profile(node.put("state", "provisioning-failed"), f.profile()), f.wish())
              .put("problem", f.problem().code())
              .put("leftovers", f.leftovers());
      case Adopting a -> adopting(node, a);
      case Live l -> live(node, l);
      case Offboarding o -> {
        home(profile(node.put("state", "offboarding"), o.profile()), o.home());
        yield o.problem() == null
            ? node.put("operation", "offboard/" + o.serial())
            : node.put("state", "offboarding-failed").put("problem", o.problem().code());
      }
      case Offboarded o -> profile(node.put("state", "offboarded"), o.profile());
      case Diverged d -> {
        node = (ObjectNode) summary(d.before());
        node.remove("operation"); // it runs nothing
        yield node.put("was", node.path("state").asText())
            .put("state", "diverged")
            .put("findings", d.findings().size());
      }
    };
  }

  private static ObjectNode adopting(ObjectNode node, Adopting a) {
    profile(node, a.profile())
        .put("store", a.found().store())
        .put("isolation", word(a.found().isolation()))
        .put("database", a.found().database());
    return switch (a.phase()) {
      case Phase.Inventory _ ->
          node.put("state", "inventory").put("operation", "inventory/" + a.serial());
      case Phase.Offered(var offer) ->
          node.put("state", "adoption-offered")
              .put("tables", offer.tablesTotal())
              .put("sizeBytes", offer.sizeBytes())
              .put("blocks", offer.blocks().size());
      case Phase.Taking _ -> node.put("state", "adopting").put("operation", "adopt/" + a.serial());
      case Phase.Failed(var problem) ->
          node.put("state", "adoption-failed").put("problem", problem.code());
    };
  }

  private static ObjectNode live(ObjectNode node, Live l) {
    Task task = l.task();
    node.put(
        "state",
        switch (task) {
          case Task.Suspend _ -> "suspending";
          case Task.Resume _ -> "resuming";
          case null, default -> l.suspended() == null ? "active" : "suspended";
        });
    home(profile(node, l.profile()), l.home());
    if (task != null) {
      node.put("operation", task.word() + "/" + l.serial());
    }
    if (task instanceof Task.Migrate(var migration)) {
      node.put("migratingTo", migration.version()).put("request", migration.request());
    }
    Migration.Failure failure = l.failure();
    if (failure != null) {
      node.put("failedVersion", failure.version())
          .put("failedRequest", failure.request())
          .put("problem", failure.problem().code())
          .put("cause", failure.cause());
    } else if (l.problem() != null) {
      node.put("problem", l.problem().code());
    }
    return node;
  }

  private static ObjectNode profile(ObjectNode node, Profile profile) {
    node.put("name", profile.name())
        .put("plan", profile.plan())
        .put("region", profile.region())
        .put("tier", profile.tier());
    var tags = node.putArray("tags");
    profile.tags().forEach(tags::add);
    return node;
  }

  private static ObjectNode wish(ObjectNode node, Wish wish) {
    return node.put("isolation", word(wish.isolation()))
        .put("changelog", wish.target().changelog());
  }

  private static ObjectNode home(ObjectNode node, Home home) {
    node.put("store", home.ref().store())
        .put("isolation", word(home.ref().isolation()))
        .put("home", home.ref().toString())
        .put("epoch", home.epoch())
        .put("changelog", home.changelog());
    if (home.version() != null) {
      node.put("schemaVersion", home.version());
    }
    if (home.arrival() != null) {
      node.put("arrivedBy", home.arrival().request()).put("arrivedFrom", home.arrival().from());
    }
    if (home.ref().isolation() == Isolation.POOL) {
      node.put("pool", home.ref().name());
    }
    return home.adopted() ? node.put("adopted", true) : node;
  }

  private static String word(Isolation isolation) {
    return isolation.name().toLowerCase(Locale.ROOT);
  }
}
