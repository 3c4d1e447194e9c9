package io.copyhold.tenants.pool;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Alarm;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.pool.Pool.Absent;
import io.copyhold.tenants.pool.Pool.Command;
import io.copyhold.tenants.pool.Pool.CreateFailed;
import io.copyhold.tenants.pool.Pool.Creating;
import io.copyhold.tenants.pool.Pool.Diverged;
import io.copyhold.tenants.pool.Pool.Dropping;
import io.copyhold.tenants.pool.Pool.Event;
import io.copyhold.tenants.pool.Pool.Open;
import io.copyhold.tenants.pool.Pool.Spec;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a {@link Pool} wants, and how it shows itself; the rules stand in {@link PoolRules}. */
public final class PoolType implements EntityType<Pool, Command, Event> {
  /** Journaled name of the operation that makes a pool. */
  public static final String CREATE = "pool-create";

  /** Journaled name of the operation that drops an empty pool. */
  public static final String DROP = "pool-drop";

  private static final String LAPSE = "lapse";

  /** A pool's home is never moved, so it stays in its first epoch. */
  public static final long EPOCH = 1;

  private static final StoredTypes STORED =
      StoredTypes.of("pool", Pool.class)
          .command("create", Command.Create.class)
          .command("verify", Command.Verify.class)
          .command("reconcile", Command.Reconcile.class)
          .command("record-created", Command.RecordCreated.class)
          .command("record-create-failed", Command.RecordCreateFailed.class)
          .command("place", Command.Place.class)
          .command("lapse", Command.Lapse.class)
          .command("migrate-to", Command.MigrateTo.class)
          .command("take-back", Command.TakeBack.class)
          .command("accept-shape", Command.AcceptShape.class)
          .command("turn-version", Command.TurnVersion.class)
          .command("record-migrated", Command.RecordMigrated.class)
          .command("record-migrate-failed", Command.RecordMigrateFailed.class)
          .command("drop", Command.Drop.class)
          .command("record-dropped", Command.RecordDropped.class)
          .command("record-drop-failed", Command.RecordDropFailed.class)
          .event("create-started", Event.CreateStarted.class)
          .event("created", Event.Created.class)
          .event("create-failed", Event.CreateFailed.class)
          .event("placed", Event.Placed.class)
          .event("migrate-started", Event.MigrateStarted.class)
          .event("migrated", Event.Migrated.class)
          .event("migrate-failed", Event.MigrateFailed.class)
          .event("diverged", Event.Diverged.class)
          .event("reconciled", Event.Reconciled.class)
          .event("drop-started", Event.DropStarted.class)
          .event("dropped", Event.Dropped.class)
          .event("drop-failed", Event.DropFailed.class);

  PoolType() {}

  /** The entity of a pool's id. */
  public static EntityRef ref(String pool) {
    return new EntityRef("pool", pool);
  }

  @Override
  public String name() {
    return "pool";
  }

  @Override
  public Pool initial() {
    return new Absent(0);
  }

  @Override
  public StoredTypes stored() {
    return STORED;
  }

  @Override
  public boolean exists(Pool state) {
    return !(state instanceof Absent);
  }

  @Override
  public Decision<Event> decide(Pool state, Command command, Instant now) {
    return PoolRules.decide(state, command, now);
  }

  @Override
  public Pool evolve(Pool state, Event event) {
    return PoolRules.evolve(state, event);
  }

  @Override
  public List<OperationRequest> operations(Pool state) {
    return switch (state) {
      case Creating c ->
          List.of(
              new OperationRequest(
                  "create/" + c.serial(), CREATE, new Pool.CreateInput(c.spec(), c.serial())));
      case Open o when o.migration() != null ->
          List.of(
              new OperationRequest(
                  "migrate/" + o.serial(),
                  o.migration().operation(),
                  new Migration.Input(
                      o.spec().home(),
                      o.migration().target(),
                      o.version(),
                      EPOCH,
                      o.migration().back(),
                      o.migration().accepts(),
                      o.migration().turn())));
      case Dropping d when d.problem() == null ->
          List.of(
              new OperationRequest(
                  "drop/" + d.serial(), DROP, new Pool.DropInput(d.spec().home(), d.birth())));
      case Absent _, CreateFailed _, Open _, Dropping _, Diverged _ -> List.of();
    };
  }

  @Override
  public Optional<Command> settle(Pool state, String operation, Outcome outcome) {
    int serial = Integer.parseInt(operation.substring(operation.indexOf('/') + 1));
    boolean done = outcome instanceof Outcome.Done;
    Problem problem = problem(outcome);
    return Optional.of(
        switch (operation.substring(0, operation.indexOf('/'))) {
          case "create" ->
              done
                  ? new Command.RecordCreated(serial)
                  : new Command.RecordCreateFailed(
                      serial, problem, outcome instanceof Outcome.FailedInRollback);
          case "migrate" ->
              done
                  ? new Command.RecordMigrated(serial)
                  : new Command.RecordMigrateFailed(serial, problem);
          case "drop" ->
              done
                  ? new Command.RecordDropped(serial)
                  : new Command.RecordDropFailed(serial, problem);
          default -> throw new IllegalStateException("a pool has no operation " + operation);
        });
  }

  private static Problem problem(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Done _ -> Problem.conflict("none", "it is done");
      case Outcome.Undone(var problem) -> problem;
      case Outcome.FailedInRollback(var problem, _) -> problem;
      case Outcome.Cancelled _ -> Problem.conflict("cancelled", "it was cancelled");
    };
  }

  @Override
  public List<Alarm> alarms(Pool state) {
    return state instanceof Open open
        ? open.members().nextLapse().map(due -> List.of(new Alarm(LAPSE, due))).orElse(List.of())
        : List.of();
  }

  @Override
  public Optional<Command> alarm(Pool state, String name, int missed) {
    return name.equals(LAPSE) ? Optional.of(new Command.Lapse()) : Optional.empty();
  }

  @Override
  public JsonNode summary(Pool state) {
    ObjectNode node = Mappers.JSON.createObjectNode();
    return switch (state) {
      case Absent _ -> node.put("state", "absent");
      case Creating c ->
          describe(node.put("state", "creating"), c.spec())
              .put("operation", "create/" + c.serial());
      case CreateFailed f ->
          describe(node.put("state", "create-failed"), f.spec())
              .put("problem", f.problem().code())
              .put("leftovers", f.leftovers());
      case Open o ->
          open(
              describe(node.put("state", o.migration() == null ? "open" : "migrating"), o.spec()),
              o);
      case Diverged d -> {
        node = (ObjectNode) summary(d.before());
        node.remove("operation"); // it runs nothing
        yield node.put("was", node.path("state").asText())
            .put("state", "diverged")
            .put("findings", d.findings().size());
      }
      case Dropping d ->
          d.problem() == null
              ? describe(node.put("state", "dropping"), d.spec())
                  .put("operation", "drop/" + d.serial())
              : describe(node.put("state", "drop-failed"), d.spec())
                  .put("problem", d.problem().code());
    };
  }

  private static ObjectNode open(ObjectNode node, Open o) {
    node.put("schemaVersion", o.version())
        .put("epoch", EPOCH)
        .put("members", o.members().holders())
        .put("used", o.members().used())
        .put("reserved", o.members().reserved());
    Migration migration = o.migration();
    if (migration != null) {
      node.put("operation", "migrate/" + o.serial())
          .put("migratingTo", migration.version())
          .put("request", migration.request());
    }
    if (o.arrival() != null) {
      node.put("arrivedBy", o.arrival().request()).put("arrivedFrom", o.arrival().from());
    }
    return failed(node, o.failure());
  }

  private static ObjectNode failed(ObjectNode node, Migration.@Nullable Failure failure) {
    if (failure != null) {
      node.put("failedVersion", failure.version())
          .put("failedRequest", failure.request())
          .put("problem", failure.problem().code())
          .put("cause", failure.cause());
    }
    return node;
  }

  private static ObjectNode describe(ObjectNode node, Spec spec) {
    node.put("name", spec.pool())
        .put("store", spec.store())
        .put("isolation", "pool")
        .put("home", spec.home().toString())
        .put("region", spec.region())
        .put("tier", spec.tier())
        .put("changelog", spec.target().changelog())
        .put("membersMax", spec.membersMax());
    var tags = node.putArray("tags");
    spec.tags().forEach(tags::add);
    return node;
  }
}
