package io.copyhold.tenants.store;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Alarm;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import io.copyhold.tenants.store.Store.Absent;
import io.copyhold.tenants.store.Store.Command;
import io.copyhold.tenants.store.Store.Event;
import io.copyhold.tenants.store.Store.Health;
import io.copyhold.tenants.store.Store.Registered;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What a {@link Store} wants, and how it shows itself; the rules stand in {@link StoreRules}. */
public final class StoreType implements EntityType<Store, Command, Event> {
  /** Journaled name of the operation that checks and prepares a store. */
  public static final String CHECK = "store-check";

  /** The step of that operation whose data is the {@link Health} it found. */
  public static final String CHECK_RESULT = "prepare";

  private static final String LAPSE = "lapse";

  private static final StoredTypes STORED =
      StoredTypes.of("store", Store.class)
          .command("register", Command.Register.class)
          .command("update", Command.Update.class)
          .command("recheck", Command.Recheck.class)
          .command("record-check", Command.RecordCheck.class)
          .command("place", Command.Place.class)
          .command("lapse", Command.Lapse.class)
          .command("drain", Command.Drain.class)
          .command("undrain", Command.Undrain.class)
          .command("deregister", Command.Deregister.class)
          .event("registered", Event.Registered.class)
          .event("updated", Event.Updated.class)
          .event("check-started", Event.CheckStarted.class)
          .event("checked", Event.Checked.class)
          .event("placed", Event.Placed.class)
          .event("drained", Event.Drained.class)
          .event("undrained", Event.Undrained.class)
          .event("deregistered", Event.Deregistered.class);

  StoreType() {}

  /** The entity of a store's id. */
  public static EntityRef ref(String store) {
    return new EntityRef("store", store);
  }

  @Override
  public String name() {
    return "store";
  }

  @Override
  public Store initial() {
    return new Absent(0);
  }

  @Override
  public StoredTypes stored() {
    return STORED;
  }

  @Override
  public boolean exists(Store state) {
    return state instanceof Registered;
  }

  @Override
  public Decision<Event> decide(Store state, Command command, Instant now) {
    return StoreRules.decide(state, command, now);
  }

  @Override
  public Store evolve(Store state, Event event) {
    return StoreRules.evolve(state, event);
  }

  @Override
  public List<OperationRequest> operations(Store state) {
    return state instanceof Registered r && r.checking()
        ? List.of(
            new OperationRequest(
                "check/" + r.checks(), CHECK, new Store.CheckInput(r.registration().address())))
        : List.of();
  }

  @Override
  public Optional<Command> settle(Store state, String operation, Outcome outcome) {
    int check = Integer.parseInt(operation.substring(operation.indexOf('/') + 1));
    Health health =
        switch (outcome) {
          case Outcome.Done(var data) -> health(data.get(CHECK_RESULT));
          case Outcome.Undone(var problem) -> new Health.Unusable(problem);
          case Outcome.FailedInRollback(var problem, _) -> new Health.Unusable(problem);
          case Outcome.Cancelled _ ->
              new Health.Unusable(
                  Problem.conflict("check-cancelled", "the check was cancelled")
                      .todo("check it again"));
        };
    return Optional.of(new Command.RecordCheck(check, health));
  }

  private static Health health(@org.jspecify.annotations.Nullable JsonNode data) {
    return data == null
        ? new Health.Unknown()
        : Mappers.JSON.convertValue(data, Health.Ready.class);
  }

  @Override
  public List<Alarm> alarms(Store state) {
    return state instanceof Registered r
        ? r.homes().nextLapse().map(due -> List.of(new Alarm(LAPSE, due))).orElse(List.of())
        : List.of();
  }

  @Override
  public Optional<Command> alarm(Store state, String name, int missed) {
    return name.equals(LAPSE) ? Optional.of(new Command.Lapse()) : Optional.empty();
  }

  @Override
  public JsonNode summary(Store state) {
    var node = Mappers.JSON.createObjectNode();
    return switch (state) {
      case Absent _ -> node.put("state", "absent");
      case Registered r -> {
        Store.Registration registration = r.registration();
        node.put("state", word(r))
            .put("name", registration.store())
            .put("engine", registration.engine())
            .put("address", registration.host() + ":" + registration.port())
            .put("region", registration.region())
            .put("tier", registration.tier())
            .put("draining", r.draining())
            .put("homes", r.homes().holders())
            .put("used", r.homes().used())
            .put("reserved", r.homes().reserved())
            .put("homesMax", registration.capacity().homesMax());
        if (r.health() instanceof Health.Unusable(var problem)) {
          node.put("problem", problem.code());
        }
        if (r.checking()) {
          node.put("operation", "check/" + r.checks());
        }
        var tags = node.putArray("tags");
        registration.tags().forEach(tags::add);
        yield node;
      }
    };
  }

  private static String word(Registered r) {
    return switch (r.health()) {
      case Health.Unknown _ -> "registering";
      case Health.Unusable _ -> "unusable";
      case Health.Ready _ -> r.draining() ? "draining" : "ready";
    };
  }
}
