package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.store.Store;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Pools: made, migrated, dropped. */
final class PoolRoutes {
  private static final String TYPE = Pool.TYPE.name();
  private static final String ITEM = "/v1/pools/{id}";

  /**
   * @param tier null for the store's
   * @param version null for the changelog's latest
   */
  record Creating(
      String store,
      @Nullable String tier,
      String changelog,
      @Nullable String version,
      Integer membersMax,
      @Nullable List<String> tags) {}

  /**
   * @param version null for the changelog's latest
   */
  record Migration(@Nullable String version) {}

  private final Resource resource;
  private final Resource.Shared shared;

  PoolRoutes(Resource.Shared shared) {
    this.resource = Kinds.resource(TYPE, shared);
    this.shared = shared;
  }

  List<Route> routes(int body) {
    List<Route> routes = new ArrayList<>(resource.reads());
    routes.add(Route.command("PUT", ITEM, this::create).withBody(body));
    routes.add(resource.command("POST", "/migrate", this::migrate).withBody(body));
    routes.add(resource.command("DELETE", "", _ -> new Pool.Command.Drop()));
    return routes;
  }

  private Answer create(Call call) throws InterruptedException {
    EntityRef pool = Kinds.creating(call, TYPE);
    return Resource.changed(resource.ask(call, pool, new Pool.Command.Create(spec(call, pool))));
  }

  /** What the body says that a pool is to be, or is. */
  Pool.Spec spec(Call call, EntityRef pool) throws InterruptedException {
    Creating wanted = call.body(Creating.class);
    JsonNode registration = registration(call, wanted.store());
    Target target = Kinds.target(call, shared.entities(), wanted.changelog(), wanted.version());
    return new Pool.Spec(
        pool.id(),
        wanted.store(),
        registration.path("region").asText(),
        wanted.tier() == null ? registration.path("tier").asText() : wanted.tier(),
        target,
        wanted.membersMax(),
        wanted.tags() == null ? List.of() : wanted.tags());
  }

  private JsonNode registration(Call call, String store) throws InterruptedException {
    try {
      return Kinds.view(call, shared.entities(), Paths.entity(Store.TYPE.name(), store))
          .path("registration");
    } catch (ProblemException e) {
      if (e.problem().kind() != Problem.Kind.NOT_FOUND) {
        throw e;
      }
      throw new ProblemException(
          Problem.invalid("store-unknown", "there is no such store")
              .at("/store")
              .todo("register it first"),
          e);
    }
  }

  private Pool.Command migrate(Call call) throws InterruptedException {
    Migration wanted = call.body(Migration.class);
    EntityRef pool = resource.entity(call);
    Pool state = Mappers.JSON.convertValue(Kinds.view(call, shared.entities(), pool), Pool.class);
    if (!(state instanceof Pool.Open open)) {
      throw new ProblemException(
          Problem.conflict("pool-not-open", pool + " is not in use now")
              .at(pool.toString())
              .todo("look at its state; wait for its operation"));
    }
    return new Pool.Command.MigrateTo(
        Kinds.target(call, shared.entities(), open.spec().target().changelog(), wanted.version()),
        Kinds.request(call));
  }
}
