package io.copyhold.chaos.crash;

import static io.copyhold.chaos.crash.Rest.map;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.postgres.Database;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * One operation as an operator would set it off.
 *
 * @param type of its owner: {@code tenant}
 * @param operation its id: {@code provision/1}
 * @param prepare what must be there before; waits for it
 * @param begin the command; does not wait for the operation
 * @param settled of the owner's state: the operation's outcome is known to it
 */
record Story(
    String name,
    String type,
    String operation,
    Act prepare,
    Act begin,
    Predicate<JsonNode> settled) {

  interface Act {
    void on(Installed site, String id) throws Exception;
  }

  private static final Act NOTHING = (_, _) -> {};
  private static final List<String> STRATEGIES = List.of("schema", "database", "pool");

  @Override
  public String toString() {
    return name;
  }

  String path(String id) {
    return "/v1/" + type + "s/" + id;
  }

  /** Its owner in the journal. */
  String owner(String id) {
    return type + "|" + id;
  }

  /** The operation in the journal. */
  String journaled(String id) {
    return "operation|" + type + "/" + id + "/" + operation;
  }

  static List<Story> all() {
    return List.of(
        provision("schema"),
        provision("database"),
        provision("pool"),
        failing("schema"),
        failing("database"),
        suspend(),
        resume(),
        migrate("schema"),
        migrate("database"),
        offboard("schema"),
        offboard("database"),
        offboard("pool"),
        poolCreate(),
        poolCreateFailing(),
        poolMigrate(),
        poolDrop(),
        inventory(),
        adopt(),
        storeCheck(),
        rollout());
  }

  static Story provision(String strategy) {
    return new Story(
        "provision-" + strategy,
        "tenant",
        "provision/1",
        strategy.equals("pool") ? (site, _) -> pool(site, SHARED) : NOTHING,
        (site, id) -> onboard(site, id, strategy, Changelogs.APP, "2"),
        kind("Live"));
  }

  /** A file that fails midway: all is undone. */
  static Story failing(String strategy) {
    return new Story(
        "provision-failing-" + strategy,
        "tenant",
        "provision/1",
        NOTHING,
        (site, id) -> onboard(site, id, strategy, Changelogs.BROKEN, "2"),
        kind("ProvisioningFailed"));
  }

  static Story suspend() {
    return new Story(
        "suspend",
        "tenant",
        "suspend/2",
        (site, id) -> active(site, id, "schema"),
        (site, id) ->
            site.rest().change("POST", "/v1/tenants/" + id + "/suspend", map("reason", "unpaid")),
        idle());
  }

  static Story resume() {
    return new Story(
        "resume",
        "tenant",
        "resume/3",
        (site, id) -> {
          active(site, id, "database");
          suspend().begin().on(site, id);
          Rest.until("suspended", () -> idle().test(site.rest().state("/v1/tenants/" + id)));
        },
        (site, id) -> site.rest().change("POST", "/v1/tenants/" + id + "/resume", null),
        idle());
  }

  static Story migrate(String strategy) {
    return new Story(
        "migrate-" + strategy,
        "tenant",
        "migrate/2",
        (site, id) -> active(site, id, strategy),
        (site, id) ->
            site.rest().change("POST", "/v1/tenants/" + id + "/migrate", map("version", "4")),
        idle());
  }

  static Story offboard(String strategy) {
    return new Story(
        "offboard-" + strategy,
        "tenant",
        "offboard/2",
        (site, id) -> active(site, id, strategy),
        (site, id) -> site.rest().change("DELETE", "/v1/tenants/" + id + "?confirm=" + id, null),
        kind("Offboarded"));
  }

  static Story poolCreate() {
    return new Story(
        "pool-create",
        "pool",
        "create/1",
        NOTHING,
        (site, id) -> createPool(site, id, Changelogs.APP),
        kind("Open"));
  }

  static Story poolCreateFailing() {
    return new Story(
        "pool-create-failing",
        "pool",
        "create/1",
        NOTHING,
        (site, id) -> createPool(site, id, Changelogs.BROKEN),
        kind("CreateFailed"));
  }

  static Story poolMigrate() {
    return new Story(
        "pool-migrate",
        "pool",
        "migrate/2",
        Story::pool,
        (site, id) ->
            site.rest().change("POST", "/v1/pools/" + id + "/migrate", map("version", "3")),
        state -> state.path("kind").asText().equals("Open") && !state.hasNonNull("migration"));
  }

  static Story poolDrop() {
    return new Story(
        "pool-drop",
        "pool",
        "drop/2",
        Story::pool,
        (site, id) -> site.rest().change("DELETE", "/v1/pools/" + id, null),
        kind("Dropped").or(kind("Absent")));
  }

  static Story inventory() {
    return new Story(
        "inventory",
        "tenant",
        "inventory/1",
        (site, id) -> legacy(site, id),
        (site, id) -> adoption(site, id),
        phase("Offered"));
  }

  static Story adopt() {
    return new Story(
        "adopt",
        "tenant",
        "adopt/2",
        (site, id) -> {
          legacy(site, id);
          adoption(site, id);
          Rest.until(
              "an offer", () -> phase("Offered").test(site.rest().state("/v1/tenants/" + id)));
        },
        (site, id) -> site.rest().change("POST", "/v1/tenants/" + id + "/adoption/confirm", null),
        kind("Live"));
  }

  static Story storeCheck() {
    return new Story(
        "store-check",
        "store",
        "check/1",
        NOTHING,
        (site, id) -> site.rest().change("PUT", "/v1/stores/" + id, site.registration(id)),
        state -> state.path("health").path("kind").asText().equals("Ready"));
  }

  /** Of two homes of the rollout's own. */
  static Story rollout() {
    return new Story(
        "rollout",
        "rollout",
        "rollout/1",
        (site, id) -> {
          active(site, id + "-a", "schema");
          active(site, id + "-b", "schema");
          Rest.until(
              "both are listed",
              () ->
                  site.rest()
                          .get("/v1/tenants?limit=1&filter=id:" + id + "-b")
                          .path("total")
                          .asInt()
                      == 1);
        },
        (site, id) ->
            site.rest()
                .change(
                    "PUT",
                    "/v1/rollouts/" + id,
                    map(
                        "changelog",
                        Changelogs.APP,
                        "version",
                        "3",
                        "waves",
                        List.of(1),
                        "selector",
                        map("owners", List.of("tenant/" + id + "-a", "tenant/" + id + "-b")))),
        state -> state.path("phase").path("kind").asText().equals("Ended"));
  }

  /** The pool that pooled tenants of all stories share. */
  static final String SHARED = "shared";

  private static void onboard(
      Installed site, String id, String strategy, String changelog, String version)
      throws Exception {
    Map<String, Object> body =
        new HashMap<>(
            map(
                "name",
                "Tenant",
                "plan",
                "pro",
                "region",
                Installed.REGION,
                "tier",
                Installed.TIER,
                "isolation",
                strategy,
                "changelog",
                changelog,
                "version",
                version));
    if (strategy.equals("pool")) {
      body.put("pool", SHARED);
    }
    site.rest().change("PUT", "/v1/tenants/" + id, body);
  }

  private static void active(Installed site, String id, String strategy) throws Exception {
    if (strategy.equals("pool")) {
      pool(site, SHARED);
    }
    onboard(site, id, strategy, Changelogs.APP, "2");
    site.rest().await("/v1/tenants/" + id, "Live");
  }

  private static void createPool(Installed site, String id, String changelog) throws Exception {
    site.rest()
        .change(
            "PUT",
            "/v1/pools/" + id,
            map(
                "store",
                Installed.STORE,
                "changelog",
                changelog,
                "version",
                "2",
                "membersMax",
                1_000));
  }

  private static void pool(Installed site, String id) throws Exception {
    if (site.rest().send("GET", "/v1/pools/" + id, null).status() == 404) {
      createPool(site, id, Changelogs.APP);
    }
    site.rest().await("/v1/pools/" + id, "Open");
  }

  /** A schema that was there before Copyhold, in the store's shared database. */
  private static void legacy(Installed site, String id) throws Exception {
    String schema = schema(id);
    Database shared = site.store(Installed.SHARED);
    Installed.run(
        shared,
        "create schema %1$s; create table %1$s.customer (id int primary key, name text);"
                .formatted(schema)
            + "insert into %1$s.customer values (1, 'Ann');".formatted(schema)
            + "alter schema %1$s owner to %2$s;".formatted(schema, site.role())
            + "alter table %1$s.customer owner to %2$s".formatted(schema, site.role()));
  }

  private static void adoption(Installed site, String id) throws Exception {
    site.rest()
        .change(
            "PUT",
            "/v1/tenants/" + id + "/adoption",
            map(
                "name",
                "Tenant",
                "plan",
                "pro",
                "region",
                Installed.REGION,
                "tier",
                Installed.TIER,
                "store",
                Installed.STORE,
                "isolation",
                "schema",
                "database",
                Installed.SHARED,
                "schema",
                schema(id),
                "changelog",
                Changelogs.APP,
                "version",
                "1"));
  }

  private static String schema(String id) {
    return "legacy_" + id.replace('-', '_');
  }

  private static Predicate<JsonNode> kind(String kind) {
    return state -> state.path("kind").asText().equals(kind);
  }

  private static Predicate<JsonNode> phase(String kind) {
    return state -> state.path("phase").path("kind").asText().equals(kind);
  }

  private static Predicate<JsonNode> idle() {
    return state -> state.path("kind").asText().equals("Live") && !state.hasNonNull("task");
  }

  static List<String> strategies() {
    return STRATEGIES;
  }
}
