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
import io.copyhold.tenants.store.StoreAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * One whole node in this JVM on real servers, which can crash and come back: a control database and
 * a store, each reached over a {@link Wire}.
 */
final class Site implements AutoCloseable {
  static final String STORE = "store";
  static final String SHARED = StoreAddress.SHARED_DATABASE;
  static final String CHANGELOG = "app";

  /** Fails in its second file. */
  static final String BROKEN = "broken";

  static final String REGION = "local";
  static final String TIER = "standard";
  private static final String CONTROL_ROLE = "copyhold_control";
  private static final String PASSWORD = "a-control-role's password";

  private static final Map<String, String> SCRIPTS =
      map(
              "V1__customer.sql",
              """
              create table customer (
                tenant_id text not null default copyhold.tenant(),
                id bigint not null,
                name text not null,
                primary key (tenant_id, id)
              );
              insert into customer (tenant_id, id, name) select 'nobody', 0, 'the first' where false;
              """,
              "V2__invoice.sql",
              """
              create table invoice (
                tenant_id text not null default copyhold.tenant(),
                id bigint generated always as identity,
                customer bigint not null,
                primary key (tenant_id, id),
                foreign key (tenant_id, customer) references customer (tenant_id, id)
              );
              """,
              "V3__due.sql",
              "alter table invoice add column due date;",
              "V4__by_due.sql",
              "-- copyhold: no-transaction\n"
                  + "create index concurrently invoice_by_due on invoice (tenant_id, due);")
          .entrySet()
          .stream()
          .collect(
              java.util.stream.Collectors.toMap(Map.Entry::getKey, e -> (String) e.getValue()));

  final EmbeddedPostgres server =
      PostgresFixture.start(PostgresFixture.newSettings().withMaxConnections(300));
  final Database control = PostgresFixture.newDatabase(server);
  final EmbeddedPostgres storeServer =
      PostgresFixture.start(PostgresFixture.newSettings().withMaxConnections(200));
  final Path data = PostgresFixture.newDirectory();
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
    run(
        store,
        "create role "
            + CONTROL_ROLE
            + " login createdb createrole password '"
            + PASSWORD.replace("'", "''")
            + "'");
    this.node = Node.start(ConfigFactory.parseMap(keys()));
    this.rest = open();
    this.held = new HeldWrites(control);
    rest.change("PUT", "/v1/stores/" + STORE, registration(null));
    awaitReady(STORE);
    publish(CHANGELOG, SCRIPTS);
    publish(
        BROKEN,
        Map.of(
            "V1__customer.sql",
            SCRIPTS.getOrDefault("V1__customer.sql", ""),
            "V2__broken.sql",
            "create table half (tenant_id text not null, id int not null,"
                + " primary key (tenant_id, id));\nselect no_such_function();"));
  }

  private Map<String, Object> keys() {
    Map<String, Object> keys = new HashMap<>(JournalSettings.keys(control));
    keys.put("copyhold.journal.port", toControl.port());
    keys.put("copyhold.journal.pool.max-size", 96);
    // held writes wait for as long as the test needs
    keys.put("copyhold.journal.pool.statement-limit", "300s");
    keys.put("jdbc-journal.batchSize", 1);
    keys.put("jdbc-journal.parallelism", 1_000);
    keys.put("jdbc-journal.circuit-breaker.call-timeout", "300s");
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

  Map<String, Object> registration(String sharedDatabase) {
    Map<String, Object> body =
        map(
            "host",
            server.database("postgres").host(),
            "port",
            toStore.port(),
            "adminUser",
            CONTROL_ROLE,
            "adminPassword",
            PASSWORD,
            "sslMode",
            "disable",
            "region",
            REGION,
            "tier",
            sharedDatabase == null ? TIER : "other",
            "capacity",
            map("homesMax", 5_000, "connectionsMax", 40, "workMax", 8));
    if (sharedDatabase != null) {
      body.put("sharedDatabase", sharedDatabase);
    }
    return body;
  }

  private void publish(String changelog, Map<String, String> scripts) throws Exception {
    List<Map<String, Object>> list = new ArrayList<>();
    scripts.forEach((file, content) -> list.add(map("file", file, "content", content)));
    rest.change(
        "POST",
        "/v1/changelogs/" + changelog + "/versions",
        map("poolable", true, "scripts", list));
  }

  void awaitReady(String store) throws Exception {
    Rest.until(
        "store " + store,
        () ->
            rest.state("/v1/stores/" + store).path("health").path("kind").asText().equals("Ready"));
  }

  Rest rest() {
    return rest;
  }

  HeldWrites held() {
    return held;
  }

  /** A database of the store's server, as its superuser and past the wire. */
  Database store(String database) {
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

  /** Events that an entity has. */
  long events(String persistenceId) throws SQLException {
    return Long.parseLong(
        rows(
                control,
                "select count(*)::text from copyhold.event_journal where persistence_id = ?",
                persistenceId)
            .getFirst());
  }

  static List<String> rows(Database database, String sql, String... parameters)
      throws SQLException {
    try (Connection c = database.connect("crash-test");
        PreparedStatement s = c.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        s.setString(i + 1, parameters[i]);
      }
      List<String> rows = new ArrayList<>();
      try (ResultSet r = s.executeQuery()) {
        while (r.next()) {
          rows.add(r.getString(1));
        }
      }
      return rows;
    }
  }

  static void run(Database database, String sql) throws SQLException {
    try (Connection c = database.connect("crash-test");
        Statement s = c.createStatement()) {
      s.execute(sql);
    }
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
