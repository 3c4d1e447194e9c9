package io.copyhold.tenants.store.postgres.expand;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.Identifiers;
import io.copyhold.tenants.document.Document;
import io.copyhold.tenants.document.Documents;
import io.copyhold.tenants.document.Shape;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.postgres.StoreFixture;
import io.copyhold.tenants.store.postgres.ddl.BackfillSettings;
import io.copyhold.tenants.store.postgres.ddl.Backfills;
import io.copyhold.tenants.store.postgres.ddl.Ddl;
import io.copyhold.tenants.store.postgres.ddl.DdlSettings;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Pause;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A home that schema changes are tried on, with a client for each of its versions. */
final class Life implements AutoCloseable {
  /** Its control role's sessions are killed, so nobody else has it. */
  private static final class Own {
    static final StoreFixture STORE = prepared();

    private static StoreFixture prepared() {
      StoreFixture fixture = StoreFixture.on(StoreFixture.server(), "createdb createrole");
      fixture.store().prepare();
      return fixture;
    }
  }

  private static final Config CONFIG =
      ConfigFactory.parseResources("reference.conf").resolve().getConfig("copyhold.store");

  final StoreFixture fixture = Own.STORE;
  final HomeRef home;
  final Place place;
  final String tenant;
  final String neighbour;
  final Expansions expansions;
  private final Sessions sessions;
  private final AtomicInteger attempts = new AtomicInteger();
  final AtomicInteger interruptions = new AtomicInteger();
  boolean interrupted;
  private @Nullable Connection root;

  Life(Isolation isolation, String... scripts) {
    this.tenant = StoreFixture.fresh("acme");
    this.neighbour = StoreFixture.fresh("rival");
    this.home = fixture.home(isolation, StoreFixture.fresh("home"));
    this.place = fixture.place(home);
    patiently(() -> fixture.store().createHome(home, "people", StoreFixture.fence(tenant)));
    int position = 0;
    for (String sql : scripts) {
      position++;
      Script script =
          Script.of("people", position, "" + position, "V" + position + "__test.sql", sql);
      patiently(() ->
          fixture.store().apply(home, script, StoreFixture.fence(tenant), LockPolicy.DEFAULT));
    }
    enter(tenant);
    if (isolation == Isolation.POOL) {
      enter(neighbour);
    }
    this.sessions = fixture.sessions();
    HomeBook book = new HomeBook(StoreFixture.settings().fenceAge(), _ -> 0);
    Pause pause = new Pause(InstantSource.system(), Thread::sleep, Duration.ofMillis(20));
    this.expansions =
        new Expansions(
            sessions,
            book,
            new Ddl(
                sessions,
                book,
                pause,
                new Random(7401),
                Executors.newVirtualThreadPerTaskExecutor(),
                StoreFixture.settings(),
                DdlSettings.from(CONFIG.getConfig("ddl"))),
            new Backfills(
                sessions,
                book,
                pause,
                new Random(7402),
                BackfillSettings.from(CONFIG.getConfig("backfill"))));
  }

  private void enter(String who) {
    patiently(
        () -> fixture.store().addTenant(home, who, StoreFixture.PASSWORD, StoreFixture.fence(who)));
  }

  /** A pooled session may have been killed before. */
  static void patiently(Runnable work) {
    for (int i = 0; i < 50; i++) {
      try {
        work.run();
        return;
      } catch (ProblemException e) {
        if (e.problem().kind() != Problem.Kind.UNAVAILABLE) {
          throw e;
        }
      }
    }
    throw new AssertionError("never went through");
  }

  static Document document(String json) {
    return switch (Documents.parse(json.getBytes(StandardCharsets.UTF_8), Documents.Format.JSON)) {
      case Documents.Parsed.Good good -> good.document();
      case Documents.Parsed.Bad bad -> throw new AssertionError(bad.problems());
    };
  }

  /** A client of one version; {@code who} logs in. */
  Connection client(String who, String version) throws SQLException {
    Connection c = fixture.login(home, who);
    Sql.first(
        c,
        "select set_config('copyhold.version', ?, false), set_config('search_path', ?, false)",
        r -> true,
        version,
        Identifiers.quote(Made.views(place, version)));
    return c;
  }

  List<String> read(String version, String sql) throws SQLException {
    try (Connection c = client(tenant, version)) {
      return Sql.strings(c, sql);
    }
  }

  void write(String version, String sql) throws SQLException {
    try (Connection c = client(tenant, version)) {
      Sql.run(c, sql);
    }
  }

  void refused(String version, String sql) {
    assertThatThrownBy(() -> write(version, sql))
        .as("%s as %s", sql, version)
        .isInstanceOf(SQLException.class)
        .satisfies(e -> assertThat(((SQLException) e).getSQLState()).isIn("CH001", "42P01"));
  }

  /** As the engine does: the same work, a higher token, until it goes through. */
  void persist(Consumer<Expansions.Errand> work) {
    Throwable last = null;
    String progress = "";
    for (int i = 0; i < 200; i++) {
      String now = interrupted ? progress() : "";
      tries = now.equals(progress) ? tries + 1 : 0;
      progress = now;
      works.set(0);
      try {
        work.accept(Expansions.Errand.of(place, fence()));
        return;
      } catch (ProblemException e) {
        if (!interrupted || e.problem().kind() != Problem.Kind.UNAVAILABLE) {
          throw e;
        }
        last = e;
      } catch (IllegalStateException e) {
        if (!(e.getCause() instanceof Crash)) {
          throw e;
        }
        interruptions.incrementAndGet();
      }
    }
    throw new AssertionError("never went through", last);
  }

  /** What a process that dies right after its commit leaves. */
  static final class Crash extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private Fence fence() {
    Fence plain = StoreFixture.fence(tenant, "rollout/1", 1, attempts.incrementAndGet(), 1);
    return interrupted
        ? new Fence(
            plain.operation(), plain.owner(), plain.token(), plain.key(), plain.epoch(), this::stop)
        : plain;
  }

  private final AtomicInteger works = new AtomicInteger();
  private int tries;

  /**
   * Until the book of the home shows progress, one attempt is killed in its first piece of work,
   * the next dies right after the commit of that, the next is killed in the second, and so on.
   */
  private AutoCloseable stop(Runnable cancel) {
    if (works.getAndIncrement() != tries / 2) {
      return () -> {};
    }
    if (tries % 2 == 0) {
      interruptions.incrementAndGet();
      endSessions();
      return () -> {};
    }
    return () -> {
      throw new Crash();
    };
  }

  private void endSessions() {
    try {
      Sql.list(
          root(),
          "select pg_terminate_backend(pid, 20000) from pg_stat_activity where usename = ?",
          r -> 1,
          fixture.address().user());
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private String progress() {
    try {
      return Sql.strings(
              root(),
              """
              select concat_ws(' ', (select count(*) from copyhold.step where home = ?),
                (select string_agg(state, ' ' order by number) from copyhold.change where home = ?),
                (select string_agg(version || live, ' ' order by version) from copyhold.version where home = ?))
              """,
              place.key(),
              place.key(),
              place.key())
          .getFirst();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private Connection root() throws SQLException {
    Connection there = root;
    if (there == null) {
      there = fixture.superuser(place.database());
      root = there;
    }
    return there;
  }

  Shape shape() throws SQLException {
    try (Connection c = fixture.superuser(place.database())) {
      c.setAutoCommit(false);
      Sql.run(c, "set local search_path = " + Identifiers.quote(place.schema()));
      return Catalog.read(c, place.schema());
    }
  }

  /** Everything in the home that a change made and did not clean up. */
  List<String> leftovers() throws SQLException {
    try (Connection c = fixture.superuser(place.database())) {
      return Sql.strings(
          c,
          """
          select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = ? and starts_with(c.relname, '_copyhold_')
          union all select c.relname || '.' || a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid
            join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = ? and c.relkind <> 'i' and starts_with(a.attname, '_copyhold_') and not a.attisdropped
          union all select k.conname from pg_constraint k join pg_namespace n on n.oid = k.connamespace
            where n.nspname = ? and starts_with(k.conname, '_copyhold_')
          union all select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
            where n.nspname = ? and starts_with(p.proname, '_copyhold_')
          union all select t.tgname from pg_trigger t join pg_class c on c.oid = t.tgrelid
            join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = ? and t.tgname like '%copyhold%' and not t.tgisinternal
          """,
          place.schema(),
          place.schema(),
          place.schema(),
          place.schema(),
          place.schema());
    }
  }

  @Override
  public void close() throws SQLException {
    sessions.close();
    if (root != null) {
      root.close();
    }
  }
}
