package io.copyhold.tenants.store.postgres.ddl;

import static io.copyhold.tenants.store.postgres.ddl.LiveHome.HASTY;
import static io.copyhold.tenants.store.postgres.ddl.LiveHome.PATIENT;
import static io.copyhold.tenants.store.postgres.ddl.LiveHome.await;
import static io.copyhold.tenants.store.postgres.ddl.LiveHome.problem;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import io.copyhold.runtime.postgres.Identifiers;
import io.copyhold.runtime.postgres.PostgresFixture;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.postgres.StoreFixture;
import io.copyhold.tenants.store.postgres.ddl.DdlStatement.Weight;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A statement gets its lock without making others wait, and says who is in its way. */
class LocksTest {
  /** Not the shared one: its control role learns and ends here what others' may not. */
  private static final StoreFixture STORE = LiveHome.ownStore();

  private final LiveHome live = new LiveHome(STORE, Isolation.SCHEMA);
  private final Ddl ddl = live.ddl();
  private final TableName customer = live.table("customer");

  @AfterEach
  void close() {
    live.close();
  }

  private DdlStatement addColumn() {
    return DdlStatement.quick(
        "alter table " + customer.sql() + " add column note text",
        customer,
        LockLevel.ACCESS_EXCLUSIVE,
        Fact.column(customer, "note"));
  }

  private void seeAll() throws SQLException {
    live.sql("grant pg_read_all_stats to " + Identifiers.quote(live.fixture.address().user()));
  }

  private void signalAll() throws SQLException {
    live.sql("grant pg_signal_backend to " + Identifiers.quote(live.fixture.address().user()));
  }

  @Test
  void theFirstTryGetsThroughWhenNobodyIsThere() {
    DdlResult result = ddl.apply(live.site(), addColumn(), Ddl.Entry.NONE);
    assertThat(result.already()).isFalse();
    assertThat(result.attempts()).isEqualTo(1);
    assertThat(result.blockers()).isEmpty();
    assertThat(ddl.apply(live.site(), addColumn(), Ddl.Entry.NONE).already()).isTrue();
  }

  @Test
  void whoIsInTheWayIsNamed() throws SQLException {
    seeAll();
    try (Connection reader = live.open("select * from customer where name = 'canary'")) {
      Site hasty = new Site(live.place, live.fence(), HASTY, BlockerPolicy.WAIT);
      Problem problem = problem(() -> ddl.apply(hasty, addColumn(), Ddl.Entry.NONE));
      assertThat(problem.code()).isEqualTo("lock-wait");
      assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
      String pid = Sql.strings(reader, "select pg_backend_pid()::text").getFirst();
      assertThat(problem.what())
          .contains("ACCESS_EXCLUSIVE on " + customer)
          .contains("pid " + pid + " (t_" + live.tenant + ", application)")
          .contains("idle in transaction")
          .contains("transaction open for")
          .doesNotContain("canary");
      reader.rollback();
    }
  }

  @Test
  void whoHoldsAWeakLockIsNotBlamedForAWeakOne() throws SQLException {
    try (Connection reader = live.open("select * from customer");
        Connection writer = live.open("insert into customer (id, name) values (1, 'x')")) {
      Site hasty = new Site(live.place, live.fence(), HASTY, BlockerPolicy.WAIT);
      DdlStatement share =
          DdlStatement.quick(
              "lock table " + customer.sql() + " in share mode", customer, LockLevel.SHARE);
      Problem problem = problem(() -> ddl.apply(hasty, share, Ddl.Entry.NONE));
      assertThat(problem.what())
          .contains("pid " + pid(writer) + ' ')
          .doesNotContain("pid " + pid(reader) + ' ');
      reader.rollback();
      writer.rollback();
    }
  }

  private static String pid(Connection c) throws SQLException {
    return Sql.strings(c, "select pg_backend_pid()::text").getFirst();
  }

  /** Counted in statements and tries, not in time: a slow machine proves the same. */
  @Test
  void anOpenReaderMakesNoOtherReaderWaitForItsEnd() throws Exception {
    try (Connection slow = live.open("select * from customer");
        Connection other = live.login();
        Connection writer = live.login()) {
      Future<DdlResult> change =
          live.async(() -> ddl.apply(live.site(), addColumn(), Ddl.Entry.NONE));
      // both go through again and again while the change waits and the slow reader stays open
      for (int i = 0; i < 40; i++) {
        Sql.strings(other, "select id::text from customer");
        Sql.run(writer, "insert into customer (id, name) values (" + i + ", '" + i + "')");
        assertThat(change.isDone()).isFalse();
      }
      // one try is over, and with it the look at who was in its way, when the next one waits
      await(this::waiting);
      await(() -> !waiting());
      await(this::waiting);
      Sql.strings(other, "select id::text from customer");
      assertThat(change.isDone()).isFalse();
      slow.rollback();
      DdlResult result = change.get(120, TimeUnit.SECONDS);
      assertThat(result.attempts()).isGreaterThan(1);
      assertThat(result.blockers()).extracting(Blocker::user).contains("t_" + live.tenant);
    }
    assertThat(live.one("select count(*)::text from customer")).isEqualTo("40");
  }

  private boolean waiting() throws SQLException {
    return !live.strings(
            "select 'x' from pg_locks l join pg_class c on c.oid = l.relation"
                + " where not l.granted and c.relname = 'customer'"
                + " and c.relnamespace = '"
                + live.place.schema()
                + "'::regnamespace")
        .isEmpty();
  }

  @Test
  void aRunningStatementOfABlockerIsCancelledByPolicy() throws Exception {
    seeAll();
    signalAll();
    try (Connection reader = live.login()) {
      reader.setAutoCommit(false);
      Future<Boolean> long_ =
          live.async(() -> {
            Sql.run(reader, "select pg_sleep(1000) from (select count(*) from customer) x");
            return true;
          });
      await(() ->
          !live.strings(
                  "select 'x' from pg_stat_activity where query like 'select pg_sleep(1000)%'"
                      + " and state = 'active' and wait_event = 'PgSleep'")
              .isEmpty());
      Site site = new Site(live.place, live.fence(), PATIENT, BlockerPolicy.cancel(Duration.ZERO));
      DdlResult result = ddl.apply(site, addColumn(), Ddl.Entry.NONE);
      assertThat(result.blockers()).extracting(Blocker::ended).contains("cancelled");
      assertThat(long_)
          .failsWithin(Duration.ofSeconds(120))
          .withThrowableThat()
          .havingRootCause()
          .withMessageContaining("due to user request");
      reader.rollback();
    }
  }

  @Test
  void anIdleTransactionIsSparedByCancellingAndEndedByTerminating() throws Exception {
    seeAll();
    signalAll();
    try (Connection idle = live.open("select * from customer")) {
      Site mild = new Site(live.place, live.fence(), HASTY, BlockerPolicy.cancel(Duration.ZERO));
      assertThat(problem(() -> ddl.apply(mild, addColumn(), Ddl.Entry.NONE)).code())
          .isEqualTo("lock-wait");
      Site young =
          new Site(live.place, live.fence(), HASTY, BlockerPolicy.terminate(Duration.ofDays(1)));
      assertThat(problem(() -> ddl.apply(young, addColumn(), Ddl.Entry.NONE)).code())
          .isEqualTo("lock-wait");
      Site spared =
          new Site(
              live.place,
              live.fence(),
              HASTY,
              new BlockerPolicy(
                  BlockerPolicy.Action.TERMINATE, Duration.ZERO, List.of("application"), false));
      assertThat(problem(() -> ddl.apply(spared, addColumn(), Ddl.Entry.NONE)).code())
          .isEqualTo("lock-wait");
      assertThat(idle.isValid(10)).isTrue();
      Site hard =
          new Site(live.place, live.fence(), PATIENT, BlockerPolicy.terminate(Duration.ZERO));
      assertThat(ddl.apply(hard, addColumn(), Ddl.Entry.NONE).blockers())
          .extracting(Blocker::ended)
          .contains("terminated");
      assertThat(idle.isValid(10)).isFalse();
    }
  }

  @Test
  void whomTheControlRoleMayNotEndIsWaitedFor() throws Exception {
    StoreFixture own = LiveHome.ownStore();
    try (LiveHome poor = new LiveHome(own, Isolation.SCHEMA)) {
      poor.sql("grant pg_read_all_stats to " + Identifiers.quote(own.address().user()));
      // a superuser's session, which no other role may end
      try (Connection root = poor.superuser()) {
        root.setAutoCommit(false);
        Sql.run(root, "select * from customer");
        Site site =
            new Site(poor.place, poor.fence(), HASTY, BlockerPolicy.terminate(Duration.ZERO));
        TableName table = poor.table("customer");
        Problem problem =
            problem(() ->
                poor.ddl()
                    .apply(
                        site,
                        DdlStatement.quick(
                            "alter table " + table.sql() + " add column note text",
                            table,
                            LockLevel.ACCESS_EXCLUSIVE),
                        Ddl.Entry.NONE));
        assertThat(problem.what()).contains("may not be terminated");
        root.rollback();
      }
    }
  }

  @Test
  void aFailingStatementLeavesNothingAndSaysWhy() throws SQLException {
    DdlStatement wrong =
        DdlStatement.quick(
            "alter table " + customer.sql() + " add column x nosuchtype",
            customer,
            LockLevel.ACCESS_EXCLUSIVE);
    Problem problem = problem(() -> ddl.apply(live.site(), wrong, Ddl.Entry.NONE));
    assertThat(problem.code()).isEqualTo("ddl-refused");
    assertThat(problem.what()).contains("42704").contains("nosuchtype");
    DdlStatement other =
        DdlStatement.quick(
            "alter table " + customer.sql() + " add column y text",
            customer,
            LockLevel.ACCESS_EXCLUSIVE,
            Fact.column(customer, "z"));
    Problem notShown = problem(() -> ddl.apply(live.site(), other, Ddl.Entry.NONE));
    assertThat(notShown.code()).isEqualTo("ddl-not-shown");
    assertThat(notShown.what()).contains("has column z");
    assertThat(
            live.strings(
                "select column_name from information_schema.columns where table_schema = '"
                    + live.place.schema()
                    + "' and table_name = 'customer' and column_name in ('x', 'y', 'z')"))
        .isEmpty();
  }

  @Test
  void whatSaysItChangesTheCatalogAloneAndDoesNotIsStopped() {
    DdlSettings quick =
        new DdlSettings(
            Duration.ofMillis(100),
            Duration.ofMillis(100),
            Duration.ofMinutes(10),
            Duration.ofSeconds(5),
            10,
            Duration.ofSeconds(10));
    DdlStatement slow =
        new DdlStatement(
            "select pg_sleep(1000)",
            List.of(new Locked(customer, LockLevel.ACCESS_EXCLUSIVE)),
            Weight.CATALOG,
            List.of(),
            null);
    assertThat(problem(() -> live.ddl(quick).apply(live.site(), slow, Ddl.Entry.NONE)).code())
        .isEqualTo("ddl-too-long");
  }

  @Test
  void theEntryIsWrittenWithTheChangeOrNotAtAll() throws SQLException {
    Ddl.Entry failing =
        tx -> {
          Sql.run(tx, "create table " + Identifiers.quote(live.place.schema()) + ".entry (n int)");
          throw new SQLException("the entry fails", "22000");
        };
    problem(() -> ddl.apply(live.site(), addColumn(), failing));
    assertThat(live.one("select (to_regclass('entry') is null)::text")).isEqualTo("true");
    assertThat(ddl.apply(live.site(), addColumn(), Ddl.Entry.NONE).already()).isFalse();
  }

  @Test
  void aLateAttemptIsRefused() {
    var late = live.fence();
    ddl.apply(live.site(), addColumn(), Ddl.Entry.NONE);
    Site stale = new Site(live.place, late, PATIENT, BlockerPolicy.WAIT);
    assertThat(problem(() -> ddl.apply(stale, addColumn(), Ddl.Entry.NONE)).code())
        .isEqualTo("stale-token");
  }

  @ParameterizedTest
  @EnumSource(value = Isolation.class)
  void aTableOfAPoolIsCoveredInTheSameTransaction(Isolation isolation) throws SQLException {
    try (LiveHome other = new LiveHome(isolation)) {
      TableName fresh = other.table("fresh");
      other
          .ddl()
          .apply(
              other.site(),
              DdlStatement.quick(
                  "create table fresh (tenant_id text not null default copyhold.tenant(),"
                      + " id int, primary key (tenant_id, id))",
                  fresh,
                  LockLevel.ACCESS_EXCLUSIVE,
                  Fact.table(fresh)),
              Ddl.Entry.NONE);
      assertThat(
              other.one(
                  "select (relrowsecurity and relforcerowsecurity)::text from pg_class"
                      + " where oid = 'fresh'::regclass"))
          .isEqualTo(isolation == Isolation.POOL ? "true" : "false");
    }
  }

  /** Rule: a worker that works on the table is cancelled, since it would not give way in time. */
  @Test
  void anAutovacuumGivesWay() throws Exception {
    EmbeddedPostgresSettings settings =
        PostgresFixture.newSettings()
            .withParameter("autovacuum_naptime", "1s")
            .withParameter("autovacuum_vacuum_cost_delay", "100ms")
            .withParameter("autovacuum_vacuum_cost_limit", "1");
    try (var server = PostgresFixture.start(settings)) {
      for (boolean mayCancel : List.of(true, false)) {
        StoreFixture own = StoreFixture.on(server.database("postgres"), "createdb createrole");
        own.store().prepare();
        try (LiveHome busy = new LiveHome(own, Isolation.SCHEMA)) {
          String control = Identifiers.quote(own.address().user());
          if (mayCancel) {
            busy.sql("grant pg_read_all_stats, pg_signal_autovacuum_worker to " + control);
          }
          busy.sql(
              "insert into customer (tenant_id, id, name) select 'x', n, n::text"
                  + " from generate_series(1, 20000) n; update customer set name = name || 'x';"
                  + "alter table customer set (autovacuum_vacuum_threshold = 1,"
                  + " autovacuum_vacuum_scale_factor = 0)");
          await(() ->
              !busy.strings(
                      "select 'x' from pg_stat_progress_vacuum where relid = 'customer'::regclass")
                  .isEmpty());
          TableName table = busy.table("customer");
          Site site =
              new Site(busy.place, busy.fence(), PATIENT, BlockerPolicy.WAIT.withVacuumWindow());
          DdlResult result =
              busy.ddl()
                  .apply(
                      site,
                      DdlStatement.quick(
                          "alter table " + table.sql() + " add column note text",
                          table,
                          LockLevel.ACCESS_EXCLUSIVE),
                      Ddl.Entry.NONE);
          assertThat(result.blockers())
              .extracting(Blocker::kind)
              .containsOnly(mayCancel ? Blocker.Kind.AUTOVACUUM : Blocker.Kind.VACUUM_HIDDEN);
          assertThat(result.attempts()).isGreaterThan(1);
        }
      }
    }
  }
}
