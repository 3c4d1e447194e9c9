package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.store.Drift;
import io.copyhold.tenants.tenant.Tenant;
import io.copyhold.tenants.tenant.TenantCommand;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What somebody changed in a home by hand: shown, and accepted. */
final class DriftRoutes {
  /** Lines of each kind that an answer shows. */
  private static final int LINES_MAX = 500;

  /**
   * @param digest of the shape as it was looked at
   */
  record Acceptance(String digest) {}

  /** Where a home is, and what it follows. */
  private record Where(HomeRef home, String changelog) {}

  private final Resource.Shared shared;
  private final Shapes shapes;

  DriftRoutes(Resource.Shared shared, Shapes shapes) {
    this.shared = shared;
    this.shapes = shapes;
  }

  List<Route> routes(int body) {
    Resource tenants = Kinds.resource(Tenant.TYPE.name(), shared);
    Resource pools = Kinds.resource(Pool.TYPE.name(), shared);
    return List.of(
        Route.get("/v1/tenants/{id}/drift", call -> drift(call, tenants)),
        Route.get("/v1/pools/{id}/drift", call -> drift(call, pools)),
        Route.command("POST", "/v1/tenants/{id}/drift/accept", call -> accept(call, tenants))
            .withBody(body),
        Route.command("POST", "/v1/pools/{id}/drift/accept", call -> accept(call, pools))
            .withBody(body));
  }

  private Answer drift(Call call, Resource resource) throws InterruptedException {
    EntityRef owner = resource.entity(call);
    Drift drift = shapes.drift(where(call, owner).home());
    ObjectNode tree =
        Mappers.JSON
            .createObjectNode()
            .put("type", owner.type())
            .put("id", owner.id())
            .put("known", drift.known())
            .put("digest", drift.digest());
    lines(tree.putArray("added"), drift.added());
    lines(tree.putArray("removed"), drift.removed());
    return Answer.json(200, tree);
  }

  private static void lines(ArrayNode array, List<String> lines) {
    lines.stream().limit(LINES_MAX).forEach(array::add);
  }

  private Answer accept(Call call, Resource resource) throws InterruptedException {
    EntityRef owner = resource.entity(call);
    String digest = call.body(Acceptance.class).digest();
    Where where = where(call, owner);
    Target target = Kinds.target(call, shared.entities(), where.changelog(), null);
    String request = Kinds.request(call);
    return Resource.changed(
        resource.ask(
            call,
            owner,
            owner.type().equals("pool")
                ? new Pool.Command.AcceptShape(target, digest, request)
                : new TenantCommand.AcceptShape(target, digest, request)));
  }

  private Where where(Call call, EntityRef owner) throws InterruptedException {
    JsonNode view = Kinds.view(call, shared.entities(), owner);
    Where where =
        owner.type().equals("pool")
            ? where(Mappers.JSON.convertValue(view, Pool.class))
            : where(Mappers.JSON.convertValue(view, Tenant.class));
    if (where == null
        || where.home().isolation() == Isolation.POOL && !owner.type().equals("pool")) {
      throw new ProblemException(
          Problem.conflict("no-home", owner + " has no home of its own now")
              .at(owner.toString())
              .todo(
                  where == null
                      ? "look at its state"
                      : "ask for the drift of pool/" + where.home().name()));
    }
    return where;
  }

  private static @Nullable Where where(Pool pool) {
    return pool instanceof Pool.Open open
        ? new Where(open.spec().home(), open.spec().target().changelog())
        : null;
  }

  private static @Nullable Where where(Tenant tenant) {
    return tenant instanceof Tenant.Live live
        ? new Where(live.home().ref(), live.home().changelog())
        : null;
  }
}
