package io.copyhold.http.admin;

import io.copyhold.config.secret.Secrets;
import io.copyhold.http.auth.Authenticator;
import io.copyhold.http.auth.Permission;
import io.copyhold.http.auth.Tokens;
import io.copyhold.http.contract.Contract;
import io.copyhold.http.stream.Changes;
import io.copyhold.http.stream.Watch;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.History;
import io.copyhold.runtime.journal.Blobs;
import io.copyhold.tenants.placement.Homes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * All routes of the admin API.
 *
 * @param diagnosis what looks behind the state of things
 * @param metrics the text of {@code /metrics}, in Prometheus form
 * @param executor for what blocks inside event streams
 */
public record AdminApi(
    Entities entities,
    History history,
    Listing listing,
    Homes homes,
    Changes changes,
    Tokens tokens,
    Authenticator authenticator,
    Blobs blobs,
    Secrets secrets,
    Connections connections,
    Shapes shapes,
    Diagnosis diagnosis,
    Nodes nodes,
    List<HealthCheck> health,
    Supplier<String> metrics,
    AdminSettings settings,
    Executor executor) {
  public AdminApi {
    health = List.copyOf(health);
  }

  public RouteTable routes() {
    return routes(List.of());
  }

  /**
   * @param more routes of modules above this one
   */
  public RouteTable routes(List<MoreRoutes> more) {
    Access access = new Access(listing);
    Resource.Shared shared =
        new Resource.Shared(
            entities, history, new Lists(listing, access, settings.afterMax()), access);
    int body = settings.bodyBytesMax();
    Contract contract = Contract.load().with(more.stream().map(MoreRoutes::contract).toList());
    List<Route> routes = new ArrayList<>();
    routes.addAll(new TenantRoutes(shared, connections).routes(body));
    routes.addAll(new StoreRoutes(shared, secrets).routes(body));
    routes.addAll(new PoolRoutes(shared).routes(body));
    routes.addAll(new ChangelogRoutes(shared, blobs).routes(settings.uploadBytesMax()));
    routes.addAll(new RolloutRoutes(shared, homes).routes(body));
    routes.addAll(new DriftRoutes(shared, shapes).routes(body));
    routes.addAll(new SchemaRoutes(shared, shapes).routes(body));
    routes.addAll(new OperationRoutes(shared, diagnosis.proofs()).routes(body));
    routes.addAll(new ReplayRoutes(shared, diagnosis.replays()).routes(body));
    routes.addAll(new TokenRoutes(tokens, authenticator, shared).routes(body));
    routes.addAll(new QuarantineRoutes(shared).routes(body));
    routes.addAll(
        new WatchRoutes(
                changes,
                new Watch(settings.heartbeat(), settings.watchBuffer()),
                shared,
                authenticator,
                settings,
                executor)
            .routes());
    routes.addAll(new NodeRoutes(nodes).routes());
    routes.addAll(new HealthRoutes(health).routes());
    routes.add(
        Route.get(
            "/metrics",
            _ -> Answer.text("text/plain; version=0.0.4; charset=utf-8", metrics.get())));
    routes.add(
        Route.get("/v1/openapi.yaml", _ -> Answer.text("application/yaml", contract.yaml())));
    routes.add(Route.get("/v1/openapi.json", _ -> Answer.json(200, contract.json())));
    Map<String, Permission> permissions = new HashMap<>();
    for (MoreRoutes added : more) {
      routes.addAll(added.routes(shared, body));
      permissions.putAll(added.permissions());
    }
    return new RouteTable(routes, settings.metricsAnonymous(), permissions);
  }
}
