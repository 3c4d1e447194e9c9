package io.copyhold.tenants.store.postgres.ddl;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.Identifiers;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.postgres.StoreFixture;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Pause;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** A home in use on a real server, and what changes it. */
final class LiveHome implements AutoCloseable {
  static final Config CONFIG =
      ConfigFactory.parseResources("reference.conf").resolve().getConfig("copyhold.store");
  static final LockPolicy HASTY =
      new LockPolicy(Duration.ofMillis(20), Duration.ofMillis(100), Duration.ofMillis(600));
  static final LockPolicy PATIENT =
      new LockPolicy(Duration.ofMillis(20), Duration.ofMillis(200), Duration.ofMinutes(2));

  final StoreFixture fixture;
  final String tenant = StoreFixture.fresh("acme");
  final HomeRef home;
  final Place place;
  final Sessions sessions;
  final HomeBook book = new HomeBook(Duration.ofDays(7), _ -> 0);
  final Pause pause = new Pause(InstantSource.system(), Thread::sleep, Duration.ofMillis(20));
  final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicLong attempts = new AtomicLong();

  LiveHome(Isolation isolation) {
    this(StoreFixture.shared(), isolation);
  }

  LiveHome(StoreFixture fixture, Isolation isolation, String... more) {
    this.fixture = fixture;
    List<String> tenants = new java.util.ArrayList<>(List.of(more));
    tenants.addFirst(tenant);
    this.home = fixture.homeWith(isolation, tenant, tenants.toArray(String[]::new));
    this.place = fixture.place(home);
    this.sessions = fixture.sessions();
  }

  /** A store of its own on the shared server, for whoever changes what the control role may. */
  static StoreFixture ownStore() {
    StoreFixture own = StoreFixture.on(StoreFixture.server(), "createdb createrole");
    own.store().prepare();
    return own;
  }

  /** The next attempt of one operation. */
  Fence fence() {
    return StoreFixture.fence(tenant, "migrate/1", 1, attempts.incrementAndGet(), 1);
  }

  Site site() {
    return new Site(place, fence(), PATIENT, BlockerPolicy.WAIT);
  }

  Ddl ddl() {
    return ddl(DdlSettings.from(CONFIG.getConfig("ddl")));
  }

  Ddl ddl(DdlSettings settings) {
    return new Ddl(
        sessions, book, pause, new Random(7401), threads, StoreFixture.settings(), settings);
  }

  /** Small chunks, so that there are many. */
  static BackfillSettings small() {
    Config config = CONFIG.getConfig("backfill");
    return BackfillSettings.from(
        ConfigFactory.parseString(
                "rows-first = 100, rows-max = 100, throttle-every = 0s, throttle-poll = 10ms,"
                    + " target = 2s")
            .withFallback(config));
  }

  Backfills backfills(BackfillSettings settings) {
    return new Backfills(sessions, book, pause, new Random(7401), settings);
  }

  /** Runs it again and again, as the engine does, while the trouble is of the passing sort. */
  BackfillOutcome persist(Backfill spec, Throttle throttle, Control control) {
    for (int i = 0; i < 500; i++) {
      try {
        return backfills(small()).runAll(place, fence(), spec, throttle, control);
      } catch (ProblemException e) {
        if (e.problem().kind() != Problem.Kind.UNAVAILABLE) {
          throw e;
        }
      }
    }
    throw new AssertionError("never finished");
  }

  /** A table with a counter, owned by the home's owner, the application may write it. */
  void numbers(String definition, String rows) throws SQLException {
    sql(
        definition
            + ";"
            + rows
            + "; grant select, insert, update, delete on numbers to "
            + Identifiers.quote(place.app())
            + "; analyze numbers");
    ownAll();
  }

  /** Gives the home's owner all tables of the home. */
  void ownAll() throws SQLException {
    for (String name :
        strings(
            "select relname from pg_class where relnamespace = current_schema()::regnamespace"
                + " and relkind in ('r', 'p')")) {
      sql(
          "alter table "
              + Identifiers.quote(name)
              + " owner to "
              + Identifiers.quote(place.owner()));
    }
  }

  /** Ends the control role's sessions in this database; how many there were. */
  int killControl() {
    try (Connection c = superuser()) {
      return Sql.list(
              c,
              "select pg_terminate_backend(pid) from pg_stat_activity where usename = ?"
                  + " and datname = current_database()",
              r -> 1,
              fixture.address().user())
          .size();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  TableName table(String name) {
    return new TableName(place.schema(), name);
  }

  /** As the superuser, in the home's schema. */
  void sql(String sql) throws SQLException {
    try (Connection c = superuser()) {
      Sql.run(c, sql);
    }
  }

  List<String> strings(String sql) throws SQLException {
    try (Connection c = superuser()) {
      return Sql.strings(c, sql);
    }
  }

  String one(String sql) throws SQLException {
    return strings(sql).getFirst();
  }

  /** As the home's owner would make it: a table that only the owner may change. */
  void asOwner(String sql) throws SQLException {
    sql("set role " + Identifiers.quote(place.owner()) + ";" + sql);
  }

  Connection superuser() throws SQLException {
    Connection c = fixture.superuser(place.database());
    Sql.run(c, "set search_path = " + Identifiers.quote(place.schema()));
    return c;
  }

  Connection login() throws SQLException {
    return fixture.login(home, tenant);
  }

  /** A transaction of the tenant's application that has read or written and stays open. */
  Connection open(String sql) throws SQLException {
    Connection c = login();
    c.setAutoCommit(false);
    Sql.run(c, sql);
    return c;
  }

  <T> Future<T> async(Callable<T> call) {
    return threads.submit(call);
  }

  static void await(Callable<Boolean> condition) throws Exception {
    Instant end = Instant.now().plusSeconds(120);
    while (!condition.call()) {
      if (Instant.now().isAfter(end)) {
        throw new AssertionError("it never came about");
      }
      TimeUnit.MILLISECONDS.sleep(10);
    }
  }

  static Problem problem(ThrowingCallable call) {
    try {
      call.call();
    } catch (ProblemException e) {
      return e.problem();
    } catch (Throwable e) {
      throw new AssertionError("not a problem", e);
    }
    throw new AssertionError("no problem");
  }

  @Override
  public void close() {
    threads.shutdownNow();
    sessions.close();
  }
}
