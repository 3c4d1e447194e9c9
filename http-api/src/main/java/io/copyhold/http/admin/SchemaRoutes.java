package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.tenants.changelog.Changelog;
import io.copyhold.tenants.changelog.ChangelogType;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.store.SchemaVersions;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.Turn;
import io.copyhold.tenants.tenant.Tenant;
import io.copyhold.tenants.tenant.TenantCommand;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Versions of the schema that are live in a home side by side: shown, planned, completed. */
final class SchemaRoutes {
  /**
   * @param version that the change leads to; that of the home where nothing is said
   */
  record Turned(@Nullable String version) {}

  private final Resource.Shared shared;
  private final Shapes shapes;

  SchemaRoutes(Resource.Shared shared, Shapes shapes) {
    this.shared = shared;
    this.shapes = shapes;
  }

  List<Route> routes(int body) {
    Resource tenants = Kinds.resource(Tenant.TYPE.name(), shared);
    Resource pools = Kinds.resource(Pool.TYPE.name(), shared);
    return List.of(
        Route.get("/v1/tenants/{id}/schema", call -> versions(call, tenants)),
        Route.get("/v1/pools/{id}/schema", call -> versions(call, pools)),
        Route.get("/v1/tenants/{id}/schema/plan", call -> plan(call, tenants)),
        Route.get("/v1/pools/{id}/schema/plan", call -> plan(call, pools)),
        turn("/v1/tenants/{id}/schema/open", tenants, Turn.OPEN, body),
        turn("/v1/pools/{id}/schema/open", pools, Turn.OPEN, body),
        turn("/v1/tenants/{id}/schema/complete", tenants, Turn.COMPLETE, body),
        turn("/v1/pools/{id}/schema/complete", pools, Turn.COMPLETE, body),
        turn("/v1/tenants/{id}/schema/finalize", tenants, Turn.FINALIZE, body),
        turn("/v1/pools/{id}/schema/finalize", pools, Turn.FINALIZE, body));
  }

  private Answer versions(Call call, Resource resource) throws InterruptedException {
    EntityRef owner = resource.entity(call);
    OwnHome home = OwnHome.of(call, shared.entities(), owner);
    SchemaVersions versions = shapes.versions(home.home());
    ObjectNode tree =
        Mappers.JSON
            .createObjectNode()
            .put("type", owner.type())
            .put("id", owner.id())
            .put("version", home.version());
    tree.set("live", Mappers.JSON.valueToTree(versions.live()));
    tree.set("changes", Mappers.JSON.valueToTree(versions.changes()));
    return Answer.json(200, tree);
  }

  /** Of the next version: what comes later depends on what that one leaves. */
  private Answer plan(Call call, Resource resource) throws InterruptedException {
    EntityRef owner = resource.entity(call);
    OwnHome home = OwnHome.of(call, shared.entities(), owner);
    Target latest = Kinds.target(call, shared.entities(), home.changelog(), null);
    List<String> ahead = latest.after(home.version());
    if (ahead.isEmpty()) {
      throw new ProblemException(
          Problem.conflict("nothing-ahead", owner + " is at the latest version, " + home.version())
              .at(owner.toString())
              .todo("publish the next version first"));
    }
    Target next = Kinds.target(call, shared.entities(), home.changelog(), ahead.getFirst());
    return Answer.json(
        200,
        Mappers.JSON
            .createObjectNode()
            .put("type", owner.type())
            .put("id", owner.id())
            .put("version", next.version())
            .put("plan", shapes.plan(home.home(), next)));
  }

  private void requireDocument(Call call, Target target) throws InterruptedException {
    Changelog changelog =
        Mappers.JSON.convertValue(
            Kinds.view(call, shared.entities(), ChangelogType.ref(target.changelog())),
            Changelog.class);
    if (changelog instanceof Changelog.Published published) {
      String file = published.versions().get(target.position(target.version()) - 1).file();
      if (!Script.document(file)) {
        throw new ProblemException(
            Problem.conflict("not-a-document", file + " is a script of SQL")
                .at("changelog/" + target.changelog() + "/" + file)
                .todo("only documents are completed and finalized; a script is final at once"));
      }
    }
  }

  private Route turn(String path, Resource resource, Turn turn, int body) {
    return Route.command(
            "POST",
            path,
            call -> {
              EntityRef owner = resource.entity(call);
              OwnHome home = OwnHome.of(call, shared.entities(), owner);
              String told = call.body(Turned.class).version();
              String version = told == null ? home.version() : told;
              Target target = Kinds.target(call, shared.entities(), home.changelog(), version);
              if (turn != Turn.OPEN) {
                requireDocument(call, target);
              }
              String request = Kinds.request(call);
              return Resource.changed(
                  resource.ask(
                      call,
                      owner,
                      owner.type().equals(Pool.TYPE.name())
                          ? new Pool.Command.TurnVersion(target, turn, request)
                          : new TenantCommand.TurnVersion(target, turn, request)));
            })
        .withBody(body);
  }
}
