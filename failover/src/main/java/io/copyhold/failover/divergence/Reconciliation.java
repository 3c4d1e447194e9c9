package io.copyhold.failover.divergence;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.Await;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.placement.Claim;
import io.copyhold.tenants.placement.PlaceRequest;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.pool.PoolType;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.TenantCommand;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes over what the homes of a diverged owner say of it: looks at them once more, lets the owner
 * journal it, sets the places at its store or pool right, and lets its homes take writes again. All
 * of it may be repeated; a repeat finishes what a crash left. Blocks.
 */
public final class Reconciliation {
  private static final Logger log = LoggerFactory.getLogger(Reconciliation.class);

  /** The place is confirmed at once. */
  private static final Duration HOLD = Duration.ofHours(1);

  private final Verification verification;
  private final Entities entities;

  public Reconciliation(Verification verification, Entities entities) {
    this.verification = verification;
    this.entities = entities;
  }

  /**
   * @param command of the owner's kind
   * @param dryRun tell what would come of it
   */
  public Reply reconcile(EntityRef owner, Object command, Origin origin, boolean dryRun) {
    if (dryRun) {
      return answer(entities.dryRun(owner, command, origin));
    }
    Rolls rolls = verification.again(owner);
    if (verification.verify(owner, rolls) instanceof Reply.NotNow notNow) {
      return notNow;
    }
    Optional<JsonNode> before = view(owner);
    Reply reply = answer(entities.ask(owner, command, origin));
    if (reply instanceof Reply.Applied applied) {
      Optional<JsonNode> after = view(owner);
      places(owner, before.map(Reconciliation::known), after, origin);
      verification.agreed(owner, rolls, applied.view().path("epoch").asLong(0));
    }
    return reply;
  }

  /** The command for a tenant. */
  public static Object command(io.copyhold.tenants.tenant.@Nullable Profile profile) {
    return new TenantCommand.Reconcile(profile);
  }

  /** What the journal knew before it was found behind. */
  private static JsonNode known(JsonNode view) {
    return view.has("before") ? view.path("before") : view;
  }

  private void places(
      EntityRef owner, Optional<JsonNode> before, Optional<JsonNode> after, Origin origin) {
    Optional<Place> had = before.flatMap(view -> place(owner, view));
    Optional<Place> has = after.flatMap(view -> place(owner, view));
    if (had.equals(has)) {
      return;
    }
    had.ifPresent(place -> at(place, new PlaceRequest.Release(place.claim()), origin));
    has.ifPresent(place -> {
      at(place, new PlaceRequest.Reserve(place.claim(), HOLD), origin);
      at(place, new PlaceRequest.Confirm(place.claim()), origin);
    });
  }

  private record Place(EntityRef desk, Claim claim) {}

  private static Optional<Place> place(EntityRef owner, JsonNode view) {
    if (owner.type().equals(Pool.TYPE.name())) {
      JsonNode store = view.path("spec").path("store");
      return store.isTextual() && view.path("birth").asInt() > 0
          ? Optional.of(
              new Place(
                  new EntityRef(Store.TYPE.name(), store.asText()),
                  Pool.Spec.claim(owner.id(), view.path("birth").asInt())))
          : Optional.empty();
    }
    JsonNode home = view.path("home");
    if (!home.path("birth").isInt()) {
      return Optional.empty();
    }
    JsonNode ref = home.path("ref");
    boolean pooled = ref.path("isolation").asText().equals(Isolation.POOL.name());
    return Optional.of(
        new Place(
            pooled
                ? PoolType.ref(ref.path("name").asText())
                : new EntityRef(Store.TYPE.name(), ref.path("store").asText()),
            Home.claim(owner.id(), home.path("birth").asInt())));
  }

  private void at(Place place, PlaceRequest request, Origin origin) {
    Object command =
        place.desk().type().equals(Pool.TYPE.name())
            ? new Pool.Command.Place(request)
            : new Store.Command.Place(request);
    Reply reply = answer(entities.ask(place.desk(), command, Origin.of(origin.principal())));
    if (!(reply instanceof Reply.Applied)) {
      log.atWarn()
          .addKeyValue("desk", place.desk())
          .addKeyValue("claim", place.claim())
          .log("its places are not counted right: {}", reply);
    }
  }

  private Optional<JsonNode> view(EntityRef entity) {
    return answer(entities.read(entity)) instanceof Reply.Applied applied
        ? Optional.of(applied.view())
        : Optional.empty();
  }

  private static Reply answer(java.util.concurrent.CompletionStage<Reply> stage) {
    return Await.answer(
        stage, Problem.unavailable("not-reached", "the owner could not be reached"));
  }
}
