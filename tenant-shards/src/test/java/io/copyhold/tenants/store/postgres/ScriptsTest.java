package io.copyhold.tenants.store.postgres;

import static io.copyhold.tenants.store.postgres.StoreFixture.fence;
import static io.copyhold.tenants.store.postgres.StoreFixture.fresh;
import static io.copyhold.tenants.store.postgres.StoreFixture.script;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.Identifiers;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.Applied;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.LedgerRow;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A script is applied once or not at all, whatever happens to whoever applies it. */
class ScriptsTest {
  private static final LockPolicy HASTY =
      new LockPolicy(Duration.ofMillis(20), Duration.ofMillis(100), Duration.ofMillis(600));

  private final StoreFixture fixture = StoreFixture.shared();
  private final DataStore store = fixture.store();
  private final String name = fresh("acme");
  private final String database = fixture.address().sharedDatabase();

  private HomeRef home() {
    return fixture.homeWith(Isolation.SCHEMA, name, name);
  }

  private Applied apply(HomeRef home, Script script) {
    return store.apply(home, script, fence(name), LockPolicy.DEFAULT);
  }

  @Test
  void aFailingFileLeavesNothingAndNamesItsLine() {
    HomeRef home = home();
    Script broken =
        script(
            2,
            """
            create table good (a int);
            insert into good values (1);

            /* a comment */ alter table customer
              add column oops nosuchtype;
            create table never (a int);
            """);
    assertThat(problem(() -> apply(home, broken)))
        .satisfies(p -> {
          assertThat(p.code()).isEqualTo("script-failed");
          assertThat(p.kind()).isEqualTo(Problem.Kind.INVALID);
          assertThat(p.what()).contains("42704").contains("nosuchtype");
          assertThat(p.where())
              .contains("V2__test.sql, line 5, column 19")
              .contains("schema/" + name);
        });
    assertThat(tables(home)).containsExactly("customer", "invoice");
    assertThat(apply(home, script(2, "create table good (a int)")).already()).isFalse();
    assertThat(store.ledger(home)).extracting(LedgerRow::position).containsExactly(1, 2);
  }

  @Test
  void aDeferredConstraintThatFailsAtTheEndIsTheFilesFault() {
    HomeRef home = home();
    Script late =
        script(
            2,
            """
            create table p (id int primary key);
            create table c (p int references p deferrable initially deferred);
            insert into c values (1);
            """);
    assertThat(problem(() -> apply(home, late)).what()).contains("23503");
    assertThat(tables(home)).containsExactly("customer", "invoice");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "commit",
        "create table x (a int); commit; create table y (a int)",
        "create table x (a int);\n/* sly */ rollback;",
        "begin; create table x (a int); end",
        "start transaction",
        "savepoint a",
        "prepare transaction 'a'",
        "set role postgres",
        "reset role",
        "set session authorization default",
        "set local copyhold.as_tenant = 'other'",
        "set row_security = off",
        "create index concurrently i on customer (name)",
        "drop index concurrently i",
        "vacuum customer",
        "create database other",
        "alter system set work_mem = '1MB'",
        "create role other",
        "copy customer from stdin",
        "\\i other.sql",
        "discard all"
      })
  void whatMustNotStandInAFileIsRefusedBeforeItRuns(String sql) {
    HomeRef home = home();
    assertThat(problem(() -> apply(home, script(2, sql))).code()).isEqualTo("script-refused");
    assertThat(tables(home)).containsExactly("customer", "invoice");
  }

  @Test
  void aCommitInsideABlockFailsToo() {
    HomeRef home = home();
    Script sly = script(2, "create table x (a int); do $$ begin commit; end $$;");
    assertThat(problem(() -> apply(home, sly)).code()).isEqualTo("script-failed");
    assertThat(tables(home)).containsExactly("customer", "invoice");
  }

  @Test
  void aRoleChangedInsideABlockIsNoticed() {
    HomeRef home = home();
    Script sly = script(2, "create table x (a int); do $$ begin execute 'reset role'; end $$;");
    assertThat(problem(() -> apply(home, sly)).code()).isEqualTo("script-refused");
    assertThat(tables(home)).containsExactly("customer", "invoice");
  }

  @Test
  void whatAScriptSetsDoesNotMeetTheNextUserOfTheConnection() {
    HomeRef home = home();
    apply(
        home,
        script(
            2,
            "set search_path = pg_catalog; set work_mem = '77MB';"
                + " select set_config('search_path', 'pg_catalog', false)"));
    apply(
        home,
        script(
            3,
            "do $$ begin if current_setting('work_mem') = '77MB' then raise 'leaked'; end if; end $$;"
                + " create table here (a int)"));
    assertThat(tables(home)).contains("here");
  }

  @Test
  void aChangedFileIsRefusedAndAnUnchangedOneIsDoneAlready() {
    HomeRef home = home();
    assertThat(apply(home, script(2, "create table a (a int)")).already()).isFalse();
    assertThat(apply(home, script(2, "create table a (a int)")).already()).isTrue();
    assertThat(problem(() -> apply(home, script(2, "create table a (b int)"))).code())
        .isEqualTo("checksum-changed");
    assertThat(problem(() -> apply(home, script(4, "select 1"))).code()).isEqualTo("out-of-order");
    Script other = Script.of("another", 3, "3", "V3__x.sql", "select 1");
    assertThat(problem(() -> apply(home, other)).code()).isEqualTo("other-changelog");
  }

  @Test
  void aLateAttemptIsRefused() {
    HomeRef home = home();
    Script next = script(2, "create table a (a int)");
    Fence later = fence(name, "migrate/1", 3, 5, 1);
    store.apply(home, next, later, LockPolicy.DEFAULT);
    Script third = script(3, "create table b (a int)");
    for (Fence late :
        List.of(
            fence(name, "migrate/1", 3, 4, 1), // an earlier attempt of the same operation
            fence(name, "migrate/1", 2, 9, 1), // an earlier owner
            fence(name, "provision/1", 2, 9, 1))) { // its other operations too
      assertThat(problem(() -> store.apply(home, third, late, LockPolicy.DEFAULT)).code())
          .isEqualTo("stale-token");
      assertThat(problem(() -> store.addTenant(home, name, "x", late)).code())
          .isEqualTo("stale-token");
      assertThat(problem(() -> store.removeTenant(home, name, late)).code())
          .isEqualTo("stale-token");
      assertThat(problem(() -> store.dropHome(home, late)).code()).isEqualTo("stale-token");
    }
    store.apply(home, third, later, LockPolicy.DEFAULT);
    store.apply(home, script(4, "select 1"), fence(name, "migrate/2", 3, 1, 2), LockPolicy.DEFAULT);
    assertThat(
            problem(() ->
                    store.apply(
                        home,
                        script(5, "select 1"),
                        fence(name, "migrate/3", 3, 1, 1),
                        LockPolicy.DEFAULT))
                .code())
        .isEqualTo("stale-epoch");
    assertThat(store.state(home).orElseThrow().epoch()).isEqualTo(2);
  }

  @Test
  void aLateCreationAfterTheDropIsRefused() {
    HomeRef home = home();
    store.dropHome(home, fence(name, "offboard/1", 2, 1, 1));
    assertThat(problem(() -> store.createHome(home, "invoicing", fence(name))).code())
        .isEqualTo("stale-token");
    store.createHome(
        home, "invoicing", fence(name, "provision/2", 2, 1, 2)); // a new generation may
    assertThat(store.state(home).orElseThrow().position()).isZero();
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void aScriptWhoseServerProcessIsKilledIsAppliedOnceInTheEnd(Isolation isolation)
      throws Exception {
    HomeRef home = fixture.homeWith(isolation, name, name);
    Place place = Place.of(home, database);
    Script slow =
        script(
            2,
            "create table gone (tenant_id text not null default copyhold.tenant(), primary key"
                + " (tenant_id)); select pg_sleep(100)");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Connection root = fixture.superuser(place.database())) {
      Future<Applied> first = threads.submit(() -> apply(home, slow));
      await(() ->
          Sql.any(
              root,
              "select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(100)' and datname = current_database()"));
      assertThatThrownBy(() -> first.get(120, TimeUnit.SECONDS))
          .cause()
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> assertThat(e.problem().kind()).isEqualTo(Problem.Kind.UNAVAILABLE));
    }
    assertThat(store.ledger(home)).hasSize(1);
    Script quick =
        script(
            2,
            "create table kept (tenant_id text not null default copyhold.tenant(), primary key (tenant_id))");
    assertThat(apply(home, quick).already()).isFalse();
    assertThat(apply(home, quick).already()).isTrue();
    assertThat(tables(home)).containsExactly("customer", "invoice", "kept");
  }

  @Test
  void twoNodesThatApplyAtOnceApplyOnce() throws Exception {
    HomeRef home = home();
    Script once =
        script(
            2,
            "create table counted (n int); insert into counted values (1); select pg_sleep(0.2)");
    DataStore other = fixture.anotherNode();
    List<Callable<Applied>> both =
        List.of(
            () -> store.apply(home, once, fence(name, "migrate/1", 1, 1, 1), LockPolicy.DEFAULT),
            () -> other.apply(home, once, fence(name, "migrate/1", 1, 2, 1), LockPolicy.DEFAULT));
    int applied = 0;
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<Applied> it : threads.invokeAll(both)) {
        try {
          applied += it.get(120, TimeUnit.SECONDS).already() ? 0 : 1;
        } catch (java.util.concurrent.ExecutionException e) {
          // refused by the fence, or ended in its work by the later attempt
          Problem problem = ((ProblemException) e.getCause()).problem();
          assertThat(
                  problem.code().equals("stale-token")
                      || problem.kind() == Problem.Kind.UNAVAILABLE)
              .as("%s", problem)
              .isTrue();
        }
      }
    }
    assertThat(applied).isEqualTo(1);
    try (Connection root = fixture.superuser(database)) {
      assertThat(
              Sql.strings(root, "select count(*)::text from " + Identifiers.quote(name, "counted")))
          .containsExactly("1");
    }
  }

  @Test
  void aLockThatIsNotToBeHadEndsTheTryInTimeAndNamesWhoHoldsIt() throws SQLException {
    HomeRef home = home();
    try (Connection app = fixture.login(home, name)) {
      app.setAutoCommit(false);
      Sql.run(app, "select * from customer");
      Script alter = script(2, "alter table customer add column x int");
      Problem problem = problem(() -> store.apply(home, alter, fence(name), HASTY));
      assertThat(problem.code()).isEqualTo("lock-wait");
      assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
      assertThat(problem.what())
          .contains("t_" + name)
          .contains("application")
          .contains("grant pg_read_all_stats");
      try (Connection root = fixture.superuser(fixture.address().sharedDatabase())) {
        Sql.run(root, "grant pg_read_all_stats to " + Identifiers.quote(fixture.address().user()));
        problem = problem(() -> store.apply(home, alter, fence(name), HASTY));
        assertThat(problem.what()).contains("idle in transaction");
        Sql.run(
            root, "revoke pg_read_all_stats from " + Identifiers.quote(fixture.address().user()));
      }
      app.commit();
      assertThat(store.apply(home, alter, fence(name), HASTY).already()).isFalse();
    }
  }

  @Test
  void aRunningStatementIsCancelledAtTheServer() throws Exception {
    HomeRef home = home();
    AtomicReference<Runnable> cancel = new AtomicReference<>();
    Fence plain = fence(name);
    Fence stoppable =
        new Fence(
            plain.operation(),
            plain.owner(),
            plain.token(),
            plain.key(),
            1,
            c -> {
              cancel.set(c);
              return () -> cancel.set(null);
            });
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Connection root = fixture.superuser(database)) {
      Future<Applied> running =
          threads.submit(() ->
              store.apply(home, script(2, "select pg_sleep(101)"), stoppable, LockPolicy.DEFAULT));
      await(() ->
          Sql.any(
              root,
              "select from pg_stat_activity where query = 'select pg_sleep(101)' and state = 'active'"));
      cancel.get().run();
      assertThatThrownBy(() -> running.get(120, TimeUnit.SECONDS))
          .cause()
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> assertThat(e.problem().code()).isEqualTo("statement-cancelled"));
      assertThat(cancel.get()).isNull();
    }
  }

  @Test
  void aPoolScriptWorksOnTheRowsOfAllTenants() throws SQLException {
    String a = fresh("a");
    String b = fresh("b");
    HomeRef home = fixture.homeWith(Isolation.POOL, name, a, b);
    for (String tenant : List.of(a, b)) {
      try (Connection c = fixture.login(home, tenant)) {
        Sql.run(c, "insert into customer (id, name) values (1, 'Ann')");
      }
    }
    store.apply(
        home,
        script(
            2, "alter table customer add column loud text; update customer set loud = upper(name)"),
        fence(name),
        LockPolicy.DEFAULT);
    for (String tenant : List.of(a, b)) {
      try (Connection c = fixture.login(home, tenant)) {
        assertThat(Sql.strings(c, "select loud from customer")).containsExactly("ANN");
      }
    }
  }

  @Test
  void anIndexIsBuiltConcurrentlyAndOnce() throws SQLException {
    HomeRef home = home();
    Script index =
        script(
            2, Script.NO_TRANSACTION + "\ncreate index concurrently by_name on customer (name);\n");
    assertThat(apply(home, index).already()).isFalse();
    assertThat(apply(home, index).already()).isTrue();
    assertThat(indexValid("by_name")).containsExactly("t");
  }

  @Test
  void anInterruptedIndexIsRebuiltByTheNextAttempt() throws Exception {
    HomeRef home = home();
    Script index =
        script(
            2,
            Script.NO_TRANSACTION
                + "\ncreate index concurrently if not exists by_name on customer (name)");
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Connection app = fixture.login(home, name);
        Connection root = fixture.superuser(database)) {
      app.setAutoCommit(false);
      Sql.run(app, "insert into customer (id, name) values (5, 'x')"); // the build waits for it
      Future<Applied> first =
          threads.submit(() ->
              store.apply(home, index, fence(name, "migrate/1", 1, 1, 1), LockPolicy.DEFAULT));
      await(() -> indexValid("by_name").equals(List.of("f")));
      // a second attempt, as after a crash of the first one's node: it ends the first one's session
      Future<Applied> second =
          threads.submit(() ->
              fixture
                  .anotherNode()
                  .apply(home, index, fence(name, "migrate/1", 1, 2, 1), LockPolicy.DEFAULT));
      assertThatThrownBy(() -> first.get(120, TimeUnit.SECONDS))
          .cause()
          .isInstanceOf(ProblemException.class);
      await(
          () -> Sql.any(root, "select from pg_stat_activity where application_name like '%:1.2'"));
      app.commit();
      assertThat(second.get(120, TimeUnit.SECONDS).already()).isFalse();
    }
    assertThat(indexValid("by_name")).containsExactly("t");
    assertThat(store.ledger(home)).hasSize(2);
  }

  @Test
  void aUniqueIndexThatFailsIsTakenAwayAgain() throws SQLException {
    HomeRef home = home();
    try (Connection c = fixture.login(home, name)) {
      Sql.run(c, "insert into customer (id, name) values (1, 'a'), (2, 'b')");
    }
    Script index =
        script(
            2,
            Script.NO_TRANSACTION
                + "\ncreate unique index concurrently one on customer (tenant_id)");
    Problem problem = problem(() -> apply(home, index));
    assertThat(problem.code()).isEqualTo("script-failed");
    assertThat(problem.what()).contains("23505");
    assertThat(indexValid("one")).isEmpty();
  }

  @Test
  void aConcurrentIndexWithoutTheTenantIsRefusedInAPool() throws SQLException {
    HomeRef home = fixture.homeWith(Isolation.POOL, name);
    Script index =
        script(
            2, Script.NO_TRANSACTION + "\ncreate unique index concurrently bad on customer (name)");
    assertThat(problem(() -> apply(home, index)).code()).isEqualTo("isolation-broken");
    assertThat(store.verifyIsolation(home)).isEmpty();
    assertThat(store.ledger(home)).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "create table x (a int)",
        "create index concurrently on customer (name)",
        "drop index concurrently by_name",
        "create index concurrently a on customer (name); create index concurrently b on customer (id)"
      })
  void withoutATransactionOnlyOneRepeatableStatementIsAllowed(String sql) {
    HomeRef home = home();
    assertThat(problem(() -> apply(home, script(2, Script.NO_TRANSACTION + "\n" + sql))).code())
        .isEqualTo("script-refused");
  }

  private List<String> indexValid(String index) throws SQLException {
    try (Connection root = fixture.superuser(database)) {
      return Sql.strings(
          root,
          "select case when x.indisvalid then 't' else 'f' end from pg_index x join pg_class i on i.oid ="
              + " x.indexrelid join pg_namespace n on n.oid = i.relnamespace where i.relname = ? and"
              + " n.nspname = ?",
          index,
          name);
    }
  }

  private List<String> tables(HomeRef home) {
    Place place = Place.of(home, database);
    try (Connection root = fixture.superuser(place.database())) {
      return Sql.strings(
          root, "select tablename from pg_tables where schemaname = ? order by 1", place.schema());
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  static Problem problem(ThrowingCallable call) {
    AtomicReference<Problem> found = new AtomicReference<>();
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(ProblemException.class, e -> found.set(e.problem()));
    return found.get();
  }

  /** Asked of the server. */
  interface Condition {
    boolean holds() throws SQLException;
  }

  static void await(Condition condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("within the limit").isLessThan(end);
      Thread.sleep(20);
    }
  }
}
