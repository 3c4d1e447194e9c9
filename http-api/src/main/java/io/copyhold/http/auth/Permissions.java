package io.copyhold.http.auth;

import static io.copyhold.http.auth.Permission.*;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what, on one page: which permission each route asks for, and which permissions each
 * role has.
 */
public final class Permissions {
  private static final Map<Role, Set<Permission>> GRANTED = new EnumMap<>(Role.class);
  private static final Map<String, Permission> ASKED = new LinkedHashMap<>();

  /** The only routes without a token; they tell up or down and nothing else. */
  private static final Set<String> OPEN = Set.of("GET /health/live", "GET /health/ready");

  static {
    GRANTED.put(Role.OPERATOR, EnumSet.allOf(Permission.class));
    GRANTED.put(
        Role.READER,
        EnumSet.of(
            TENANT_READ,
            STORE_READ,
            POOL_READ,
            CHANGELOG_READ,
            ROLLOUT_READ,
            OPERATION_READ,
            QUARANTINE_READ,
            NODE_READ,
            EXPERIMENT_READ,
            CONTROL_READ,
            EVENTS_READ,
            METRICS_READ,
            CONTRACT_READ));
    GRANTED.put(
        Role.APPLICATION,
        EnumSet.of(TENANT_READ, TENANT_CONNECT, OPERATION_READ, EVENTS_READ, CONTRACT_READ));

    kind("/v1/tenants", "/{id}", TENANT_READ);
    ask(
        TENANT_WRITE,
        "PUT /v1/tenants/{id}",
        "DELETE /v1/tenants/{id}",
        "PUT /v1/tenants/{id}/name",
        "PATCH /v1/tenants/{id}/settings",
        "PATCH /v1/tenants/{id}/tags",
        "POST /v1/tenants/{id}/suspend",
        "POST /v1/tenants/{id}/resume",
        "POST /v1/tenants/{id}/migrate",
        "POST /v1/tenants/{id}/drift/accept",
        "POST /v1/tenants/{id}/schema/open",
        "POST /v1/tenants/{id}/schema/complete",
        "POST /v1/tenants/{id}/schema/finalize",
        "PUT /v1/tenants/{id}/adoption",
        "POST /v1/tenants/{id}/adoption/confirm",
        "DELETE /v1/tenants/{id}/adoption");
    ask(
        TENANT_READ,
        "GET /v1/tenants/{id}/drift",
        "GET /v1/tenants/{id}/schema",
        "GET /v1/tenants/{id}/schema/plan");
    ask(TENANT_REPLAY, "POST /v1/tenants/{id}/replays");
    ask(TENANT_CONNECT, "GET /v1/tenants/{id}/connection");
    kind("/v1/stores", "/{id}", STORE_READ);
    ask(
        STORE_WRITE,
        "PUT /v1/stores/{id}",
        "PATCH /v1/stores/{id}",
        "DELETE /v1/stores/{id}",
        "POST /v1/stores/{id}/check",
        "POST /v1/stores/{id}/drain",
        "POST /v1/stores/{id}/undrain");
    kind("/v1/pools", "/{id}", POOL_READ);
    ask(
        POOL_READ,
        "GET /v1/pools/{id}/drift",
        "GET /v1/pools/{id}/schema",
        "GET /v1/pools/{id}/schema/plan");
    ask(
        POOL_WRITE,
        "PUT /v1/pools/{id}",
        "DELETE /v1/pools/{id}",
        "POST /v1/pools/{id}/migrate",
        "POST /v1/pools/{id}/drift/accept",
        "POST /v1/pools/{id}/schema/open",
        "POST /v1/pools/{id}/schema/complete",
        "POST /v1/pools/{id}/schema/finalize");
    kind("/v1/changelogs", "/{id}", CHANGELOG_READ);
    ask(CHANGELOG_READ, "GET /v1/changelogs/{id}/versions/{version}");
    ask(CHANGELOG_WRITE, "POST /v1/changelogs/{id}/versions", "POST /v1/changelogs/{id}/retire");
    kind("/v1/rollouts", "/{id}", ROLLOUT_READ);
    ask(
        ROLLOUT_WRITE,
        "PUT /v1/rollouts/{id}",
        "POST /v1/rollouts/{id}/retry-failed",
        "POST /v1/rollouts/{id}/pause",
        "POST /v1/rollouts/{id}/resume",
        "POST /v1/rollouts/{id}/cancel",
        "POST /v1/rollouts/{id}/approve",
        "POST /v1/rollouts/{id}/rollback");
    ask(ROLLOUT_READ, "POST /v1/rollouts/{id}/preview");
    kind("/v1/operations", "/{ownerType}/{ownerId}/{name}/{generation}", OPERATION_READ);
    ask(
        OPERATION_READ,
        "GET /v1/operations/{ownerType}/{ownerId}/{name}/{generation}/explain",
        "GET /v1/operations/{ownerType}/{ownerId}/{name}/{generation}/watch");
    for (String signal : new String[] {"pause", "resume", "cancel", "retry", "approve", "choose"}) {
      ask(
          OPERATION_WRITE,
          "POST /v1/operations/{ownerType}/{ownerId}/{name}/{generation}/" + signal);
    }
    kind("/v1/tokens", "/{id}", TOKEN_READ);
    ask(TOKEN_WRITE, "POST /v1/tokens", "DELETE /v1/tokens/{id}");
    ask(QUARANTINE_READ, "GET /v1/quarantine", "GET /v1/quarantine/{type}/{id}");
    ask(
        QUARANTINE_WRITE,
        "POST /v1/quarantine/{type}/{id}/retry",
        "POST /v1/quarantine/{type}/{id}/restore",
        "POST /v1/quarantine/{type}/{id}/skip");
    ask(NODE_READ, "GET /v1/nodes", "GET /v1/nodes/{name}", "GET /v1/shards");
    ask(NODE_WRITE, "POST /v1/nodes/{name}/leave", "POST /v1/nodes/{name}/restart");
    ask(EVENTS_READ, "GET /v1/events/watch");
    ask(METRICS_READ, "GET /metrics");
    ask(CONTRACT_READ, "GET /v1/openapi.yaml", "GET /v1/openapi.json");
  }

  private Permissions() {}

  /** List, state, history and difference of a kind of entity. */
  private static void kind(String path, String item, Permission read) {
    ask(
        read,
        "GET " + path,
        "GET " + path + item,
        "GET " + path + item + "/history",
        "GET " + path + item + "/diff");
  }

  private static void ask(Permission permission, String... routes) {
    for (String route : routes) {
      if (ASKED.put(route, permission) != null) {
        throw new IllegalStateException("two permissions for " + route);
      }
    }
  }

  /**
   * What a route asks for; null for the open ones.
   *
   * @param route {@code GET /v1/tenants/{id}}
   * @throws IllegalArgumentException when the route is not in the table
   */
  public static @Nullable Permission of(String route) {
    Permission permission = ASKED.get(route);
    if (permission == null && !OPEN.contains(route)) {
      throw new IllegalArgumentException("no permission stands for " + route);
    }
    return permission;
  }

  public static Set<Permission> granted(Role role) {
    return java.util.Collections.unmodifiableSet(GRANTED.getOrDefault(role, Set.of()));
  }

  /** All routes of the table with a permission. */
  public static Set<String> routes() {
    return java.util.Collections.unmodifiableSet(ASKED.keySet());
  }
}
