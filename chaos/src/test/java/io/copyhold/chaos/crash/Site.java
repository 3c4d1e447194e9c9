package io.copyhold.chaos.crash;

import static io.copyhold.chaos.crash.Rest.map;

import com.typesafe.config.ConfigFactory;
import io.copyhold.config.node.PostgresNodeRegister;
import io.copyhold.http.node.FirstToken;
import io.copyhold.http.node.Node;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.JournalSettings;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.EmbeddedPostgres;
import io.copyhold.runtime.postgres.PoolSettings;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One whole node in this JVM on real servers, which can crash and come back: a control database and
 * a store, each reached over a {@link Wire}.
 */
final class Site implements Installed, AutoCloseable {
  private static final AtomicInteger NUMBER = new AtomicInteger(100);
  private static final String CONTROL_ROLE = "copyhold_control";
  private static final String PASSWORD = "a-control-role's password";

  private final EmbeddedPostgres server =
      PostgresFixture.start(PostgresFixture.newSettings().withMaxConnections(300));
  private final Database control = PostgresFixture.newDatabase(server);
  private final EmbeddedPostgres storeServer =
      PostgresFixture.start(PostgresFixture.newSettings().withMaxConnections(200));
  private final Path data = PostgresFixture.newDirectory();
  private final Wire toControl;
  private final Wire toStore;
  private final int remotingPort;
  private final HeldWrites held;
  private Node node;
  private Rest rest;

  Site() throws Exception {
    this.toControl = new Wire(control.host(), control.port());
    Database store = store("postgres");
    this.toStore = new Wire(store.host(), store.port());
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(control.host()))) {
      this.remotingPort = free.getLocalPort();
    }
    Installed.run(
        store,
        "create role "
            + CONTROL_ROLE
            + " login createdb createrole password '"
            + PASSWORD.replace("'", "''")
            + "'");
    this.node = Node.start(ConfigFactory.parseMap(keys()));
    this.rest = open();
    this.held = new HeldWrites(control);
    rest.change("PUT", "/v1/stores/" + STORE, registration(STORE, TIER));
    awaitReady(STORE);
    Changelogs.publish(rest);
  }

  private Map<String, Object> keys() {
    Map<String, Object> keys = new HashMap<>(JournalSettings.keys(control));
    keys.put("copyhold.journal.port", toControl.port());
    keys.put("copyhold.journal.pool.max-size", 96);
    // held writes wait for as long as the test needs
    keys.put("copyhold.journal.pool.statement-limit", "300s");
    keys.put("copyhold.journal.group.writers", 90);
    keys.put("copyhold.journal.group.count-max", 1);
    keys.put("copyhold.journal.plugin.circuit-breaker.call-timeout", "300s");
    keys.put("copyhold.node.name", "node-1");
    keys.put("copyhold.node.data", data.toString());
    keys.put("copyhold.node.http.host", control.host());
    keys.put("copyhold.node.http.port", 0);
    keys.put("copyhold.node.remoting.host", control.host());
    keys.put("copyhold.node.remoting.port", remotingPort);
    keys.put("copyhold.node.membership.heartbeat", "200ms");
    keys.put("copyhold.node.membership.dead-after", "1s");
    keys.put("copyhold.http.rate-burst", 100_000);
    keys.put("copyhold.http.rate-per-second", 100_000);
    keys.put("pekko.coordinated-shutdown.run-by-actor-system-terminate", "off");
    keys.put("pekko.cluster.run-coordinated-shutdown-when-down", "off");
    keys.put("pekko.coordinated-shutdown.run-by-jvm-shutdown-hook", "off");
    keys.put("pekko.loglevel", "WARNING");
    return keys;
  }

  private Map<String, Object> registration(String id, String tier) {
    return map(
        "host",
        control.host(),
        "port",
        toStore.port(),
        "adminUser",
        CONTROL_ROLE,
        "adminPassword",
        PASSWORD,
        "sslMode",
        "disable",
        "sharedDatabase",
        id.equals(STORE) ? SHARED : id,
        "region",
        REGION,
        "tier",
        tier,
        "capacity",
        map("homesMax", 5_000, "connectionsMax", 40, "workMax", 8));
  }

  /** Another store on the same server, in a database of its own; nothing is placed there. */
  @Override
  public Map<String, Object> registration(String id) {
    return registration(id, "other");
  }

  /** An id that nobody else has. */
  static String fresh() {
    return "x" + NUMBER.incrementAndGet();
  }

  @Override
  public Rest rest() {
    return rest;
  }

  @Override
  public String role() {
    return CONTROL_ROLE;
  }

  @Override
  public Database control() {
    return control;
  }

  HeldWrites held() {
    return held;
  }

  /** A database of the store's server, as its superuser and past the wire. */
  @Override
  public Database store(String database) {
    return storeServer.database(database);
  }

  private Rest open() throws Exception {
    Rest.until("the first token", () -> Files.exists(FirstToken.file(data)));
    Rest opened =
        new Rest(
            URI.create("http://" + node.address().getHostString() + ":" + node.address().getPort()),
            Files.readString(FirstToken.file(data)).strip());
    Rest.until("ready", () -> opened.send("GET", "/health/ready", null).status() == 200);
    return opened;
  }

  /** As if the process were killed: to both servers it is gone at one moment. */
  void crash() throws Exception {
    toControl.cut();
    toStore.cut();
    held.lose();
    rest.close();
    node.crash();
    try (var pool =
        control.pool(
            PoolSettings.from("crash", ConfigFactory.load().getConfig("copyhold.postgres.pool"))
                .withMaxSize(1))) {
      // as its supervisor does, which sees it end
      new PostgresNodeRegister(pool, Duration.ZERO)
          .ended("@" + control.host() + ":" + remotingPort);
    }
  }

  void restart() throws Exception {
    toControl.mend();
    toStore.mend();
    node = Node.start(ConfigFactory.parseMap(keys()));
    rest = open();
  }

  void cutStore() {
    toStore.cut();
  }

  void mendStore() {
    toStore.mend();
  }

  void cutControl() {
    toControl.cut();
  }

  void mendControl() {
    toControl.mend();
  }

  @Override
  public void close() throws SQLException, IOException {
    rest.close();
    try {
      node.crash();
    } catch (java.util.concurrent.ExecutionException | InterruptedException | ProblemException e) {
      throw new IllegalStateException(e);
    } finally {
      held.close();
      toControl.close();
      toStore.close();
      storeServer.close();
      server.close();
    }
  }
}
