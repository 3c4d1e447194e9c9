package io.copyhold.chaos.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.http.cli.Main;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Tenants are onboarded, the control database is backed up, life goes on, everything is killed and
 * the control database restored: exactly the owners that are behind their homes are diverged, all
 * others serve, and reconciling brings all back.
 */
class RestoreTest {
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final String STORE = "store-a";

  interface Condition {
    boolean holds() throws Exception;
  }

  private final Path data = PostgresFixture.newDirectory();
  private int keys;

  @Test
  void ownersThatAreBehindTheirHomesAreDivergedUntilReconciled() throws Exception {
    Path backups = PostgresFixture.newDirectory();
    try (Installation before = start();
        Api api = before.open()) {
      until("the store is ready", () -> api.state("/v1/stores/" + STORE).equals("ready"));
      publish(api);
      change(
          api,
          "PUT",
          "/v1/pools/shared",
          json()
              .put("store", STORE)
              .put("changelog", "app")
              .put("version", "1")
              .put("membersMax", 9));
      state(api, "pools/shared", "open");
      for (String id : List.of("stays", "migrated", "leaves", "suspended")) {
        onboard(api, id, "schema");
      }
      onboard(api, "own-database", "database");
      onboard(api, "in-pool", "pool");
      until("none is told", () -> backupAge(api).equals("-1"));
      change(api, "POST", "/v1/control/backups", null);
      until("the backup is there", () -> api.get("/v1/control").path("backups").size() == 1);
      until("its age is told", () -> backupAge(api).matches("[0-9]+"));

      onboard(api, "late", "schema");
      onboard(api, "late-database", "database");
      onboard(api, "late-in-pool", "pool");
      change(api, "POST", "/v1/tenants/migrated/migrate", json().put("version", "2"));
      until("migrated", () -> version(api, "migrated").equals("2"));
      change(api, "POST", "/v1/tenants/own-database/migrate", json().put("version", "2"));
      until("migrated", () -> version(api, "own-database").equals("2"));
      change(api, "POST", "/v1/tenants/suspended/suspend", json().put("reason", "unpaid"));
      state(api, "tenants/suspended", "suspended");
      change(api, "DELETE", "/v1/tenants/leaves?confirm=leaves", null);
      state(api, "tenants/leaves", "offboarded");

      String taken = api.get("/v1/control").path("backups").path(0).path("id").asText();
      copy(data.resolve("backup").resolve(taken), backups.resolve(taken)); // without later log
      assertThat(restore(backups)).as("while it runs").isEqualTo(1);
      before.state().children().stream()
          .filter(child -> !child.name().equals(STORE))
          .forEach(
              child -> ProcessHandle.of(child.pid()).ifPresent(ProcessHandle::destroyForcibly));
    }
    assertThat(Main.commandLine().execute("control", "restore", "--data", data.toString()))
        .as("over a database that is there")
        .isEqualTo(1);
    assertThat(restore(backups, "--replace")).isZero();

    try (Installation after = start();
        Api api = after.open()) {
      until(
          "all owners were compared",
          () -> api.get("/v1/control").path("timeline").has("verified"));
      assertThat(api.get("/v1/control").path("timeline").path("floor").asLong()).isPositive();
      TreeSet<String> expected =
          new TreeSet<>(
              List.of(
                  "tenant/migrated",
                  "tenant/own-database",
                  "tenant/suspended",
                  "tenant/leaves",
                  "tenant/late",
                  "tenant/late-database",
                  "tenant/late-in-pool"));
      until("the diverged are listed", () -> diverged(api).size() >= expected.size());
      assertThat(diverged(api)).isEqualTo(expected);

      change(api, "PUT", "/v1/tenants/stays/name", json().put("name", "Still here"));
      change(api, "PUT", "/v1/tenants/in-pool/name", json().put("name", "Here, too"));
      assertThat(api.get("/v1/tenants/migrated/connection").path("user").asText())
          .isEqualTo("t_migrated");
      assertThatThrownBy(
              () -> change(api, "PUT", "/v1/tenants/migrated/name", json().put("name", "Lost")))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("is behind this owner's home")
          .hasMessageContaining("schema version 2");
      assertThatThrownBy(() -> onboard(api, "late", "schema"))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("home store-a/schema/late is its own");
      oldTermsAreRefused(after);

      JsonNode wouldBe = change(api, "POST", "/v1/tenants/migrated/reconcile?dryRun=true", null);
      assertThat(wouldBe.path("summary").path("schemaVersion").asText()).isEqualTo("2");
      assertThat(diverged(api)).isEqualTo(expected);

      for (String id : List.of("migrated", "own-database", "suspended", "leaves")) {
        change(api, "POST", "/v1/tenants/" + id + "/reconcile", null);
      }
      for (String id : List.of("late", "late-database", "late-in-pool")) {
        change(api, "POST", "/v1/tenants/" + id + "/reconcile", profile(id));
      }
      until("nobody is diverged", () -> diverged(api).isEmpty());
      assertThat(version(api, "migrated")).isEqualTo("2");
      state(api, "tenants/leaves", "offboarded");
      state(api, "tenants/suspended", "suspended");
      state(api, "tenants/late-in-pool", "active");
      assertThat(api.get("/v1/pools/shared").path("state").path("members").path("holders").asInt())
          .isEqualTo(2);

      change(api, "POST", "/v1/tenants/suspended/resume", null);
      state(api, "tenants/suspended", "active");
      change(api, "PUT", "/v1/rollouts/to-2", json().put("changelog", "app").put("version", "2"));
      state(api, "rollouts/to-2", "done");
      for (String id :
          List.of("stays", "migrated", "own-database", "suspended", "late", "late-database")) {
        assertThat(version(api, id)).as(id).isEqualTo("2");
      }
      onboard(api, "leaves", "schema", "?again=true");

      change(api, "POST", "/v1/control/backups", null);
      until("another backup is there", () -> api.get("/v1/control").path("backups").size() == 2);
      change(api, "POST", "/v1/control/drills", null);
      until("a drill went well", () -> api.get("/v1/control").path("drilled").isObject());
      assertThat(api.get("/v1/control").has("drillProblem")).isFalse();
    }
  }

  /** A process of the lost past that still runs can write to no home. */
  private void oldTermsAreRefused(Installation installation) throws Exception {
    Database store = installation.administrator(STORE).withName("copyhold_homes");
    try (Connection c = store.connect("test");
        Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "select (copyhold.enter('schema/stays', 'tenant/stays',"
                    + " 'operation/tenant/stays/migrate/9', 0, 1000, 1, 'k', 1, null, '1 day')).verdict,"
                    + " (copyhold.enter('schema/migrated', 'tenant/migrated',"
                    + " 'operation/tenant/migrated/migrate/9', (select max(timeline) from copyhold.home),"
                    + " 1::bigint << 60, 1, 'k', 9, null, '1 day')).verdict")) {
      r.next();
      assertThat(r.getString(1)).isEqualTo("stale-timeline");
      assertThat(r.getString(2)).isEqualTo("unverified");
    }
  }

  private Installation start() throws Exception {
    return Installation.start(
        data,
        1,
        Map.of(
            "copyhold.supervisor.stores",
            List.of(STORE),
            "copyhold.supervisor.host",
            PostgresFixture.loopback(),
            "copyhold.http.rate-burst",
            100_000,
            "copyhold.http.rate-per-second",
            100_000));
  }

  private int restore(Path from, String... more) {
    String[] words = {"control", "restore", "--data", data.toString(), "--from", from.toString()};
    return Main.commandLine()
        .execute(Stream.concat(Stream.of(words), Stream.of(more)).toArray(String[]::new));
  }

  /** In whole seconds. */
  private static String backupAge(Api api) throws Exception {
    return api.text("/metrics")
        .lines()
        .filter(line -> line.startsWith("copyhold_control_backup_age_seconds"))
        .map(line -> line.substring(line.lastIndexOf(' ') + 1).replaceFirst("\\.0$", ""))
        .findFirst()
        .orElse("");
  }

  private static void copy(Path from, Path to) throws Exception {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }

  private static ObjectNode json() {
    return Mappers.JSON.createObjectNode();
  }

  private void publish(Api api) throws Exception {
    ObjectNode body = json().put("poolable", true);
    var scripts = body.putArray("scripts");
    scripts
        .addObject()
        .put("file", "V1__customer.sql")
        .put(
            "content",
            "create table customer (tenant_id text not null default copyhold.tenant(),"
                + " id bigint not null, primary key (tenant_id, id));");
    scripts
        .addObject()
        .put("file", "V2__name.sql")
        .put("content", "alter table customer add column name text;");
    change(api, "POST", "/v1/changelogs/app/versions", body);
  }

  private static ObjectNode profile(String id) {
    return json()
        .put("name", id)
        .put("plan", "team")
        .put("region", "local")
        .put("tier", "standard");
  }

  private void onboard(Api api, String id, String isolation) throws Exception {
    onboard(api, id, isolation, "");
  }

  private void onboard(Api api, String id, String isolation, String query) throws Exception {
    change(
        api,
        "PUT",
        "/v1/tenants/" + id + query,
        profile(id).put("isolation", isolation).put("changelog", "app").put("version", "1"));
    state(api, "tenants/" + id, "active");
  }

  private JsonNode change(Api api, String method, String path, ObjectNode body) throws Exception {
    return api.change(method, path, body, "key-" + ++keys);
  }

  private static void state(Api api, String path, String word) throws Exception {
    until(path + " is " + word, () -> api.state("/v1/" + path).equals(word));
  }

  private static String version(Api api, String tenant) throws Exception {
    return api.get("/v1/tenants/" + tenant).path("state").path("home").path("version").asText();
  }

  private static TreeSet<String> diverged(Api api) throws Exception {
    TreeSet<String> found = new TreeSet<>();
    api.get("/v1/diverged?limit=1000")
        .path("items")
        .forEach(item -> found.add(item.path("type").asText() + "/" + item.path("id").asText()));
    return found;
  }

  private static void until(String what, Condition condition) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within " + PATIENCE + ": " + what);
      }
      TimeUnit.MILLISECONDS.sleep(100);
    }
  }
}
