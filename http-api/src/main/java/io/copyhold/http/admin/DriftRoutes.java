package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.store.Drift;
import io.copyhold.tenants.tenant.Tenant;
import io.copyhold.tenants.tenant.TenantCommand;
import java.util.List;

/** What somebody changed in a home by hand: shown, and accepted. */
final class DriftRoutes {
  /** Lines of each kind that an answer shows. */
  private static final int LINES_MAX = 500;

  /**
   * @param digest of the shape as it was looked at
   */
  record Acceptance(String digest) {}

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
    Drift drift = shapes.drift(OwnHome.of(call, shared.entities(), owner).home());
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
    OwnHome where = OwnHome.of(call, shared.entities(), owner);
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
}
