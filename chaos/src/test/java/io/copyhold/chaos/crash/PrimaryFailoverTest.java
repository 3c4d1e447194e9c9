package io.copyhold.chaos.crash;

import static io.copyhold.chaos.crash.Rest.map;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigFactory;
import io.copyhold.http.node.FirstToken;
import io.copyhold.http.node.Node;
import io.copyhold.runtime.journal.JournalSettings;
import io.copyhold.runtime.postgres.BaseBackup;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.EmbeddedPostgres;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import io.copyhold.runtime.postgres.PostgresFixture;
import io.copyhold.runtime.postgres.Replication;
import io.copyhold.runtime.postgres.RestoredServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The journal's primary is killed under a running node and its standby promoted. A synchronous
 * standby loses nothing; an asynchronous one that was behind loses what it had not heard, and that
 * is found out.
 */
class PrimaryFailoverTest {
  private static final String STORE = Installed.STORE;
  private static final String ROLE = "copyhold_control";
  private static final String PASSWORD = "of the control role";

  private final EmbeddedPostgresSettings primarySettings =
      PostgresFixture.newSettings()
          .withMaxConnections(200)
          .withParameter("synchronous_commit", "on");
  private final Path data = PostgresFixture.newDirectory();
  private EmbeddedPostgres primary;
  private EmbeddedPostgres standby;
  private EmbeddedPostgres storeServer;
  private Node node;
  private Rest rest;

  @BeforeEach
  void start() throws Exception {
    primary = PostgresFixture.start(primarySettings);
    storeServer = PostgresFixture.start(PostgresFixture.newSettings());
    Installed.run(
        storeServer.database("postgres"),
        "create role " + ROLE + " login createdb createrole password '" + PASSWORD + "'");
    Database first = PostgresFixture.newDatabase(primary);
    standby = standby(first);
    Database control =
        new Database(
            primary.database("postgres").host()
                + ":"
                + primary.port()
                + ","
                + standby.database("postgres").host()
                + ":"
                + standby.port(),
            1,
            first.name(),
            first.user(),
            first.password(),
            "disable");
    node = Node.start(ConfigFactory.parseMap(keys(control)));
    Rest.until("the first token", () -> Files.exists(FirstToken.file(data)));
    rest =
        new Rest(
            URI.create("http://" + node.address().getHostString() + ":" + node.address().getPort()),
            Files.readString(FirstToken.file(data)).strip());
    Rest.until("ready", () -> rest.send("GET", "/health/ready", null).status() == 200);
    rest.change("PUT", "/v1/stores/" + STORE, registration());
    Rest.until(
        "the store",
        () ->
            rest.state("/v1/stores/" + STORE).path("health").path("kind").asText().equals("Ready"));
    Changelogs.publish(rest);
    onboard("before");
  }

  @AfterEach
  void stop() throws Exception {
    rest.close();
    node.crash();
    standby.close();
    storeServer.close();
    primary.close();
  }

  private EmbeddedPostgres standby(Database of) throws Exception {
    Path directory = PostgresFixture.newDirectory();
    BaseBackup backup = new BaseBackup(directory);
    try (Replication connection = Replication.open(of, Duration.ofSeconds(60))) {
      backup.take(connection, "standby", _ -> {});
    }
    EmbeddedPostgresSettings settings =
        PostgresFixture.newSettings()
            .withMaxConnections(200)
            .withParameter("synchronous_commit", "on");
    RestoredServer.standby(
        settings,
        backup,
        of,
        Files.readString(primarySettings.directory().resolve("superuser")).strip());
    return PostgresFixture.start(settings);
  }

  private Map<String, Object> keys(Database control) throws IOException {
    Map<String, Object> keys = new HashMap<>(JournalSettings.keys(control));
    String host = PostgresFixture.loopback();
    keys.put("copyhold.node.name", "node-1");
    keys.put("copyhold.node.data", data.toString());
    keys.put("copyhold.node.http.host", host);
    keys.put("copyhold.node.http.port", 0);
    keys.put("copyhold.node.remoting.host", host);
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(host))) {
      keys.put("copyhold.node.remoting.port", free.getLocalPort());
    }
    keys.put("copyhold.http.rate-burst", 100_000);
    keys.put("copyhold.http.rate-per-second", 100_000);
    keys.put("copyhold.control.backup.every", "0s");
    keys.put("pekko.coordinated-shutdown.run-by-actor-system-terminate", "off");
    keys.put("pekko.cluster.run-coordinated-shutdown-when-down", "off");
    keys.put("pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off");
    keys.put("pekko.loglevel", "WARNING");
    return keys;
  }

  private Map<String, Object> registration() {
    return map(
        "host",
        storeServer.database("postgres").host(),
        "port",
        storeServer.port(),
        "adminUser",
        ROLE,
        "adminPassword",
        PASSWORD,
        "sslMode",
        "disable",
        "region",
        Installed.REGION,
        "tier",
        Installed.TIER,
        "capacity",
        map("homesMax", 100, "connectionsMax", 20, "workMax", 4));
  }

  private void onboard(String id) throws Exception {
    rest.change(
        "PUT",
        "/v1/tenants/" + id,
        map(
            "name",
            id,
            "plan",
            "pro",
            "region",
            Installed.REGION,
            "tier",
            Installed.TIER,
            "isolation",
            "schema",
            "changelog",
            Changelogs.APP,
            "version",
            "1"));
    rest.await("/v1/tenants/" + id, "Live");
  }

  /** kill -9, also of the backends: none may still acknowledge. */
  private void killPrimary() throws Exception {
    ProcessHandle server = ProcessHandle.of(primary.pid()).orElseThrow();
    List<ProcessHandle> all = new ArrayList<>(server.descendants().toList());
    all.add(server);
    all.forEach(ProcessHandle::destroyForcibly);
    for (ProcessHandle each : all) {
      each.onExit().join();
    }
  }

  private void promote() throws Exception {
    Installed.run(standby.database("postgres"), "select pg_promote(true, 60)");
  }

  private static long number(Database database, String sql) throws Exception {
    return Long.parseLong(Installed.rows(database, sql).getFirst());
  }

  private JsonNode verified() throws Exception {
    JsonNode[] control = new JsonNode[1];
    Rest.until(
        "all owners were compared on a new timeline",
        () -> {
          control[0] = rest.get("/v1/control");
          JsonNode line = control[0].path("timeline");
          return line.path("floor").asLong() > 0 && line.has("verified");
        });
    return control[0];
  }

  private TreeSet<String> diverged() throws Exception {
    TreeSet<String> found = new TreeSet<>();
    rest.get("/v1/diverged").path("items").forEach(item -> found.add(item.path("id").asText()));
    return found;
  }

  @Test
  void aSynchronousStandbyTakesOverAndNothingAcknowledgedIsLost() throws Exception {
    Installed.run(primary.database("postgres"), "alter system set synchronous_standby_names = '*'");
    Installed.run(primary.database("postgres"), "select pg_reload_conf()");
    Rest.until(
        "the standby is synchronous",
        () ->
            number(
                    primary.database("postgres"),
                    "select count(*)::text from pg_stat_replication where sync_state = 'sync'")
                == 1);
    AtomicLong acknowledged = new AtomicLong();
    AtomicReference<String> trouble = new AtomicReference<>("none");
    AtomicBoolean stop = new AtomicBoolean();
    Thread load =
        Thread.ofVirtual()
            .start(() -> {
              long n = 1;
              while (!stop.get()) { // the same number until it is acknowledged
                try {
                  Rest.Said said = rest.send("POST", "/v1/beacons/pulse/beat", map("n", n));
                  if (said.status() / 100 == 2) {
                    acknowledged.set(n++);
                  } else {
                    trouble.set(said.toString());
                    TimeUnit.MILLISECONDS.sleep(50);
                  }
                } catch (Exception e) {
                  trouble.set(e.toString()); // not acknowledged
                }
              }
            });
    Rest.until("load", () -> acknowledged.get() > 20);
    killPrimary();
    promote();
    long before = acknowledged.get();
    assertThat(rest.await("/v1/tenants/before", "Live").path("kind").asText()).isEqualTo("Live");
    try {
      Rest.until("the node goes on", () -> acknowledged.get() > before + 20);
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "; the last trouble: " + trouble.get(), e);
    }
    stop.set(true);
    load.join();
    assertThat(rest.get("/v1/beacons/pulse").path("state").path("highest").asLong())
        .isGreaterThanOrEqualTo(acknowledged.get());

    JsonNode control = verified();
    assertThat(control.path("timeline").path("reason").asText()).isEqualTo("server-changed");
    assertThat(diverged()).isEmpty();
    Database there = standby.database(controlName());
    assertThat(
            number(
                there,
                "select count(*)::text from (select entity from copyhold.event group by entity"
                    + " having max(version) <> count(*)) as gaps"))
        .as("histories with a gap")
        .isZero();
    assertThat(
            number(
                there,
                "select count(*)::text from copyhold.shard_term where term <="
                    + " (select max(floor) from copyhold.timeline)"))
        .as("shards under an old term")
        .isZero();
    onboard("after");
  }

  @Test
  void whatAnAsynchronousStandbyHadNotHeardIsFoundOut() throws Exception {
    Installed.run(standby.database("postgres"), "alter system set primary_conninfo = ''");
    Installed.run(standby.database("postgres"), "select pg_reload_conf()");
    Rest.until(
        "the standby hears nothing",
        () ->
            number(primary.database("postgres"), "select count(*)::text from pg_stat_replication")
                == 0);
    onboard("unheard");
    rest.change("POST", "/v1/tenants/before/migrate", map("version", "2"));
    Rest.until(
        "migrated",
        () -> rest.state("/v1/tenants/before").path("home").path("version").asText().equals("2"));
    killPrimary();
    promote();
    verified();
    Rest.until(
        "both are diverged", () -> diverged().equals(new TreeSet<>(List.of("before", "unheard"))));
    Rest.Said refused = rest.send("PUT", "/v1/tenants/before/name", map("name", "Lost"));
    assertThat(refused.status()).isEqualTo(409);
    assertThat(refused.body().path("type").asText()).contains("diverged");
    rest.change("POST", "/v1/tenants/before/reconcile", null);
    Rest.until(
        "before took over what its home says",
        () -> rest.state("/v1/tenants/before").path("home").path("version").asText().equals("2"));
    rest.change("PUT", "/v1/tenants/before/name", map("name", "Found"));
    onboard("after");
  }

  private String controlName() throws Exception {
    return Installed.rows(
            standby.database("postgres"),
            "select datname::text from pg_database where datname like 'test_%'")
        .getFirst();
  }
}
