package io.copyhold.tenants.store.postgres;

import static io.copyhold.tenants.store.postgres.ScriptsTest.problem;
import static io.copyhold.tenants.store.postgres.StoreFixture.PASSWORD;
import static io.copyhold.tenants.store.postgres.StoreFixture.fence;
import static io.copyhold.tenants.store.postgres.StoreFixture.fresh;
import static io.copyhold.tenants.store.postgres.StoreFixture.script;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.EmbeddedPostgres;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import io.copyhold.runtime.postgres.Identifiers;
import io.copyhold.runtime.postgres.PostgresFixture;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.DataStores;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Permits;
import io.copyhold.tenants.store.RegisteredStores;
import io.copyhold.tenants.store.StoreAddress;
import io.copyhold.tenants.store.StoreReport;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a server in trouble looks like to a caller: not now, or who must change what. */
class TroubleTest {

  @Test
  void aServerThatIsNotThereIsNotNow() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      port = socket.getLocalPort();
    }
    StoreAddress nowhere =
        StoreAddress.postgresql("gone", "127.0.0.1", port, "control", "secret:x", null);
    try (DataStores stores = stores(nowhere, "secret")) {
      Problem problem = problem(() -> stores.get("gone").check());
      assertThat(problem.code()).isEqualTo("store-unreachable");
      assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
      assertThat(problem.where()).contains("gone at 127.0.0.1:" + port);
      assertThat(problem.todo()).isNotBlank();
    }
  }

  @Test
  void aWrongPasswordIsSaidAndNotShown() {
    StoreFixture fixture = StoreFixture.on(StoreFixture.server(), "createdb createrole");
    try (DataStores stores = stores(fixture.address(), "wrong-canary")) {
      Problem problem = problem(() -> stores.get("store").check());
      assertThat(problem.code()).isEqualTo("store-login");
      assertThat(problem.kind()).isEqualTo(Problem.Kind.CONFLICT);
      assertThat(problem.toString()).doesNotContain("canary");
    }
  }

  @Test
  void aCheckTellsWhatIsMissing() {
    StoreReport good = StoreFixture.shared().store().check();
    assertThat(good.missing()).isEmpty();
    assertThat(good.usable()).isTrue();
    assertThat(good.superuser()).isFalse();
    assertThat(good.engine()).startsWith("PostgreSQL ");
    assertThat(good.connectionsMax()).isPositive();

    StoreFixture bare = StoreFixture.on(StoreFixture.server(), "");
    assertThat(bare.store().check().missing())
        .extracting(Problem::code)
        .containsExactly("missing-createrole", "missing-createdb");
    assertThat(problem(() -> bare.store().prepare()).code()).isEqualTo("store-privileges");
  }

  @Test
  void missingRightsRefuseAndLeaveNothing() throws SQLException {
    StoreFixture fixture = StoreFixture.on(StoreFixture.server(), "createdb createrole");
    fixture.store().prepare();
    superuser("alter role " + Identifiers.quote(fixture.address().user()) + " nocreaterole");
    HomeRef home = fixture.home(Isolation.SCHEMA, fresh("acme"));
    Problem problem = problem(() -> fixture.store().createHome(home, "invoicing", fence("acme")));
    assertThat(problem.code()).isEqualTo("store-privileges");
    assertThat(problem.kind()).isEqualTo(Problem.Kind.CONFLICT);
    assertThat(problem.what()).contains("creating the home");
    try (Connection c = fixture.superuser(fixture.address().sharedDatabase())) {
      assertThat(Sql.any(c, "select from pg_namespace where nspname = ?", home.name())).isFalse();
      assertThat(Sql.any(c, "select from copyhold.home")).isFalse();
    }
  }

  @Test
  void aDatabaseThatSomebodyElseMadeServesAsTheSharedOne() throws SQLException {
    StoreFixture fixture = StoreFixture.on(StoreFixture.server(), "createrole");
    String database = Identifiers.quote(fixture.address().sharedDatabase());
    superuser("create database " + database);
    superuser(
        "grant create on database "
            + database
            + " to "
            + Identifiers.quote(fixture.address().user()));
    assertThat(fixture.store().check().missing()).isEmpty();
    assertThat(fixture.store().check().degraded())
        .extracting(Problem::code)
        .contains("no-database-homes");
    fixture.store().prepare();
    String tenant = fresh("acme");
    HomeRef home = fixture.homeWith(Isolation.SCHEMA, tenant, tenant);
    fixture.login(home, tenant).close();
    assertThat(fixture.store().verifyIsolation(home))
        .extracting(Problem::code)
        .containsExactly("connect-public");
    HomeRef own = fixture.home(Isolation.DATABASE, tenant);
    assertThat(problem(() -> fixture.store().createHome(own, "invoicing", fence(tenant))).code())
        .isEqualTo("store-privileges");
    fixture.store().dropHome(own, fence(tenant)); // as an operation that undoes it would
    fixture.store().dropHome(home, fence(tenant));
  }

  @Test
  void anUnpreparedStoreSaysSo() {
    StoreFixture fixture = StoreFixture.on(StoreFixture.server(), "createdb createrole");
    HomeRef home = fixture.home(Isolation.SCHEMA, fresh("acme"));
    assertThat(problem(() -> fixture.store().createHome(home, "invoicing", fence("acme"))).code())
        .isEqualTo("database-missing");
  }

  @Test
  void aServerWithoutConnectionsIsNotNow() throws SQLException {
    StoreFixture fixture = StoreFixture.on(StoreFixture.server(), "createdb createrole");
    fixture.store().prepare();
    superuser("alter role " + Identifiers.quote(fixture.address().user()) + " connection limit 0");
    Problem problem = problem(() -> fixture.anotherNode().check());
    assertThat(problem.code()).isEqualTo("store-connections");
    assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
  }

  @Test
  void aReadOnlyServerIsNotNow() throws SQLException {
    StoreFixture fixture = StoreFixture.on(StoreFixture.server(), "createdb createrole");
    fixture.store().prepare();
    superuser(
        "alter role "
            + Identifiers.quote(fixture.address().user())
            + " set default_transaction_read_only = on");
    assertThat(fixture.anotherNode().check().missing())
        .extracting(Problem::code)
        .containsExactly("store-read-only");
    HomeRef home = fixture.home(Isolation.POOL, fresh("gold"));
    Problem problem =
        problem(() -> fixture.anotherNode().createHome(home, "invoicing", fence("gold")));
    assertThat(problem.code()).isEqualTo("store-read-only");
    assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
  }

  @Test
  void foreignObjectsAreNeverTakenOver() throws SQLException {
    StoreFixture fixture = StoreFixture.shared();
    String schema = fresh("theirs");
    try (Connection c = fixture.superuser(fixture.address().sharedDatabase())) {
      Sql.run(c, "create schema " + Identifiers.quote(schema));
      Sql.run(c, "create database " + Identifiers.quote(schema));
      Sql.run(c, "create role " + Identifiers.quote("t_" + schema) + " login");
    }
    var store = fixture.store();
    HomeRef asSchema = fixture.home(Isolation.SCHEMA, schema);
    HomeRef asDatabase = fixture.home(Isolation.DATABASE, schema);
    assertThat(problem(() -> store.createHome(asSchema, "i", fence(schema))).code())
        .isEqualTo("schema-exists");
    assertThat(problem(() -> store.createHome(asDatabase, "i", fence(schema))).code())
        .isEqualTo("database-exists");
    store.dropHome(asSchema, fence(schema)); // undoing what never was touches nothing
    store.dropHome(asDatabase, fence(schema));
    HomeRef own = fixture.homeWith(Isolation.SCHEMA, fresh("own"));
    assertThat(problem(() -> store.addTenant(own, schema, PASSWORD, fence(schema))).code())
        .isEqualTo("role-exists");
    try (Connection c = fixture.superuser(fixture.address().sharedDatabase())) {
      assertThat(Sql.any(c, "select from pg_namespace where nspname = ?", schema)).isTrue();
      assertThat(Sql.any(c, "select from pg_database where datname = ?", schema)).isTrue();
      assertThat(Sql.any(c, "select from pg_roles where rolname = ?", "t_" + schema)).isTrue();
    }
    assertThat(
            problem(() ->
                    store.createHome(fixture.home(Isolation.SCHEMA, "public"), "i", fence("x")))
                .code())
        .isEqualTo("home-name-reserved");
  }

  @Test
  void aTenantLivesInOneHomeOfAStore() {
    StoreFixture fixture = StoreFixture.shared();
    String tenant = fresh("acme");
    String other = fresh("other");
    HomeRef first = fixture.homeWith(Isolation.SCHEMA, fresh("one"), tenant);
    HomeRef second = fixture.homeWith(Isolation.SCHEMA, fresh("two"));
    var store = fixture.store();
    assertThat(problem(() -> store.addTenant(second, tenant, PASSWORD, fence(tenant))).code())
        .isEqualTo("tenant-elsewhere");
    assertThat(problem(() -> store.addTenant(first, other, PASSWORD, fence(other))).code())
        .isEqualTo("home-taken");
    HomeRef none = fixture.home(Isolation.SCHEMA, fresh("none"));
    assertThat(problem(() -> store.addTenant(none, other, PASSWORD, fence(other))).code())
        .isEqualTo("home-missing");
    assertThat(problem(() -> store.suspendTenant(first, other, fence(other))).code())
        .isEqualTo("tenant-not-here");
    HomeRef noDatabase = fixture.home(Isolation.DATABASE, fresh("none"));
    store.removeTenant(noDatabase, tenant, fence(tenant));
    assertThat(store.ledger(noDatabase)).isEmpty();
    assertThat(store.sizeBytes(noDatabase)).isZero();
  }

  @Test
  void aPoolWithTenantsIsNotDropped() {
    StoreFixture fixture = StoreFixture.shared();
    String tenant = fresh("acme");
    HomeRef pool = fixture.homeWith(Isolation.POOL, fresh("gold"), tenant);
    var store = fixture.store();
    assertThat(problem(() -> store.dropHome(pool, fence("gold"))).code())
        .isEqualTo("pool-not-empty");
    store.removeTenant(pool, tenant, fence(tenant));
    store.dropHome(pool, fence("gold"));
  }

  @Test
  void aTenantLeavesAPoolWhoseRowsPointAtEachOther() throws SQLException {
    StoreFixture fixture = StoreFixture.shared();
    String tenant = fresh("leaver");
    String stays = fresh("stays");
    HomeRef pool = fixture.homeWith(Isolation.POOL, fresh("gold"), tenant, stays);
    var store = fixture.store();
    store.apply(
        pool,
        script(
            2,
            """
            create table node (
              tenant_id text not null default copyhold.tenant(), id int, parent int, boss int,
              primary key (tenant_id, id),
              foreign key (tenant_id, parent) references node (tenant_id, id));
            create table boss (
              tenant_id text not null default copyhold.tenant(), id int, node int not null,
              primary key (tenant_id, id),
              foreign key (tenant_id, node) references node (tenant_id, id));
            alter table node add foreign key (tenant_id, boss) references boss (tenant_id, id);
            """),
        fence("gold"),
        LockPolicy.DEFAULT);
    for (String t : List.of(tenant, stays)) {
      try (Connection c = fixture.login(pool, t)) {
        Sql.run(
            c,
            "insert into node (id, parent) select n, nullif(n - 1, 0) from generate_series(1, 12000) n");
        Sql.run(c, "insert into boss (id, node) select n, n from generate_series(1, 50) n");
        Sql.run(c, "update node set boss = 1 + id % 50");
      }
    }
    var before = store.digest(pool, stays);
    store.removeTenant(pool, tenant, fence(tenant));
    try (Connection c = fixture.superuser(fixture.address().sharedDatabase())) {
      assertThat(
              Sql.strings(
                  c,
                  "select distinct tenant_id from "
                      + Identifiers.quote("pool_" + pool.name(), "node")))
          .containsExactly(stays);
    }
    assertThat(store.digest(pool, stays)).isEqualTo(before);
  }

  @Test
  void aServerThatDiesIsWaitedForAndTakenUpAgain() throws SQLException {
    EmbeddedPostgresSettings settings = PostgresFixture.newSettings();
    EmbeddedPostgres server = PostgresFixture.start(settings);
    EmbeddedPostgresSettings same = settings.at(settings.host(), server.port());
    StoreFixture fixture = StoreFixture.on(server.database("postgres"), "createdb createrole");
    fixture.store().prepare();
    HomeRef home = fixture.homeWith(Isolation.SCHEMA, "acme", "acme");
    server.close();
    Problem problem = problem(() -> fixture.store().ledger(home));
    assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
    EmbeddedPostgres again = PostgresFixture.start(same);
    assertThat(fixture.store().ledger(home)).hasSize(1);
    fixture
        .store()
        .apply(home, script(2, "create table t (a int)"), fence("acme"), LockPolicy.DEFAULT);
    again.close();
  }

  @Test
  void noPasswordReachesTheServersLog() throws Exception {
    EmbeddedPostgres server =
        PostgresFixture.start(
            PostgresFixture.newSettings()
                .withParameter("log_statement", "all")
                .withParameter("log_min_duration_statement", "0"));
    StoreFixture fixture = StoreFixture.on(server.database("postgres"), "createdb createrole");
    fixture.store().prepare();
    HomeRef home = fixture.homeWith(Isolation.SCHEMA, "acme");
    fixture.store().addTenant(home, "acme", "canary-4711", fence("acme"));
    ScriptsTest.await(() -> {
      try {
        return Files.readString(server.log()).contains("SCRAM-SHA-256");
      } catch (IOException e) {
        throw new SQLException(e);
      }
    });
    assertThat(Files.readString(server.log())).doesNotContain("canary");
    server.close();
  }

  @Test
  void aFullDiskIsNotNowAndLeavesNothingHalfDone() throws Exception {
    Path directory = PostgresFixture.newDirectory();
    assumeThat(StoreFixture.server().host())
        .as("our own server")
        .isEqualTo(PostgresFixture.loopback());
    assumeThat(mount(directory)).as("may mount a small disk").isTrue();
    try {
      EmbeddedPostgres server = PostgresFixture.newServer();
      StoreFixture fixture = StoreFixture.on(server.database("postgres"), "createdb createrole");
      fixture.store().prepare();
      HomeRef home = fixture.homeWith(Isolation.SCHEMA, "acme", "acme");
      try (Connection c = fixture.superuser("postgres")) {
        Sql.run(c, "create tablespace small location " + Identifiers.literal(directory.toString()));
        Sql.run(c, "grant create on tablespace small to public");
        Sql.run(
            c,
            "alter database "
                + Identifiers.quote(fixture.address().sharedDatabase())
                + " set default_tablespace = small");
      }
      var store = fixture.anotherNode(); // whose sessions know the new default
      String table =
          "create table big as select repeat(md5(n::text), 20) as t from generate_series(1, ";
      Problem problem =
          problem(() ->
              store.apply(home, script(2, table + "100000) n"), fence("acme"), LockPolicy.DEFAULT));
      assertThat(problem.code()).isEqualTo("store-full");
      assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
      assertThat(store.ledger(home)).hasSize(1);
      store.apply(home, script(2, table + "10) n"), fence("acme"), LockPolicy.DEFAULT);
      assertThat(store.ledger(home)).hasSize(2);
      server.close();
    } finally {
      new ProcessBuilder("umount", "-l", directory.toString()).inheritIO().start().waitFor();
    }
  }

  /** A disk of 8 MB that everybody may write to. */
  private static boolean mount(Path directory) throws IOException, InterruptedException {
    try {
      Process mount =
          new ProcessBuilder(
                  "mount",
                  "-t",
                  "tmpfs",
                  "-o",
                  "size=8m,mode=0777,uid=65534",
                  "none",
                  directory.toString())
              .redirectErrorStream(true)
              .start();
      return mount.waitFor(60, TimeUnit.SECONDS) && mount.exitValue() == 0;
    } catch (IOException e) {
      return false; // no such program
    }
  }

  private static DataStores stores(StoreAddress address, String password) {
    return new RegisteredStores(
        List.of(
            new PostgresEngine(
                StoreFixture.settings(),
                StoreFixture.ddl(),
                StoreFixture.backfill(),
                Permits.local(4, Duration.ofSeconds(30)))),
        store -> {
          if (!store.equals(address.store())) {
            throw new ProblemException(Problem.notFound("store-unknown", "No such store."));
          }
          return address;
        },
        reference -> password);
  }

  private static void superuser(String sql) throws SQLException {
    try (Connection c = StoreFixture.server().connect("superuser")) {
      Sql.run(c, sql);
    }
  }
}
