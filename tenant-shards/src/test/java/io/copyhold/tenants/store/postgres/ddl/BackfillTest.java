package io.copyhold.tenants.store.postgres.ddl;

import static io.copyhold.tenants.store.postgres.ddl.LiveHome.await;
import static io.copyhold.tenants.store.postgres.ddl.LiveHome.problem;
import static io.copyhold.tenants.store.postgres.ddl.LiveHome.small;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.Problem;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.postgres.StoreFixture;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every row is filled in once, whatever is killed and whoever writes; what cannot be is named. */
class BackfillTest {
  private static final StoreFixture STORE = LiveHome.ownStore();
  private static final String KEYED =
      "create table numbers (id bigint primary key, v text, n int not null default 0)";
  private static final String THOUSAND =
      "insert into numbers (id, v) select g * 3, g::text from generate_series(1, 1000) g";

  private LiveHome live = new LiveHome(STORE, Isolation.SCHEMA);

  @AfterEach
  void close() {
    live.close();
  }

  private Backfill count() {
    return Backfill.of("count", live.table("numbers"), "n", "n + 1");
  }

  private BackfillOutcome run(Backfill spec) {
    return live.backfills(small())
        .runAll(live.place, live.fence(), spec, Throttle.NONE, Control.NONE);
  }

  private List<String> counts() throws SQLException {
    return live.strings("select n || ': ' || count(*) from numbers group by n order by 1");
  }

  @Test
  void everyRowIsDoneOnceAndARerunDoesNothing() throws SQLException {
    live.numbers(KEYED, THOUSAND);
    List<BackfillProgress> seen = new ArrayList<>();
    BackfillOutcome outcome =
        live.backfills(small())
            .runAll(
                live.place,
                live.fence(),
                count(),
                Throttle.NONE,
                p -> {
                  seen.add(p);
                  return Control.Order.GO;
                });
    assertThat(outcome).isInstanceOf(BackfillOutcome.Finished.class);
    assertThat(outcome.progress().done()).isEqualTo(1000);
    assertThat(counts()).containsExactly("1: 1000");
    assertThat(seen).extracting(BackfillProgress::done).startsWith(0L, 100L, 200L).hasSize(10);
    assertThat(seen.get(5).expected()).isBetween(900L, 1100L);
    assertThat(seen.get(5).remaining()).isNotNull();
    assertThat(run(count()).progress().done()).isEqualTo(1000);
    assertThat(counts()).containsExactly("1: 1000");
    assertThat(live.backfills(small()).progress(live.place, null, "count").orElseThrow().finished())
        .isTrue();
  }

  @Test
  void anEmptyTableIsDone() throws SQLException {
    live.numbers(KEYED, "select 1");
    assertThat(run(count())).isInstanceOf(BackfillOutcome.Finished.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "create table numbers (tenant text, id int, n int default 0, primary key (tenant, id));"
            + "insert into numbers select 't' || g % 7, g, 0 from generate_series(1, 1000) g",
        "create table numbers (id text primary key, n int default 0);"
            + "insert into numbers select 'k''\\' || md5(g::text) || chr(228 + g % 50), 0"
            + " from generate_series(1, 1000) g",
        "create table numbers (id text collate \"C\" unique not null, n int default 0);"
            + "insert into numbers select md5(g::text), 0 from generate_series(1, 1000) g",
        "create table numbers (id uuid primary key, n int default 0);"
            + "insert into numbers select gen_random_uuid(), 0 from generate_series(1, 1000) g",
        "create table numbers (at timestamptz, b bytea, c char(5), n int default 0,"
            + " primary key (c, at, b)); insert into numbers select now() + g * interval '1 us',"
            + " decode(md5(g::text), 'hex'), 'c' || g % 9, 0 from generate_series(1, 1000) g",
        "create table numbers (f float8, d numeric(20, 10), n int default 0, primary key (f, d));"
            + "insert into numbers select random() / 3, random(), 0 from generate_series(1, 1000) g",
        "create type mood as enum ('z', 'a', 'm'); create table numbers (m mood, id int, n int"
            + " default 0, unique (m, id)); alter table numbers alter m set not null, alter id set not"
            + " null; insert into numbers select (array['z', 'a', 'm'])[1 + g % 3]::mood, g, 0 from"
            + " generate_series(1, 1000) g",
        "create table numbers (id int, n int default 0, primary key (id)) partition by range (id);"
            + "create table p1 partition of numbers for values from (0) to (300);"
            + "create table p2 partition of numbers for values from (300) to (600);"
            + "create table p3 partition of numbers default;"
            + "insert into numbers select g, 0 from generate_series(1, 1000) g",
      })
  void anyKeyWillDo(String table) throws SQLException {
    live.numbers(table, "select 1");
    assertThat(run(count()).progress().done()).isEqualTo(1000);
    assertThat(counts()).containsExactly("1: 1000");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "create table numbers (v text, n int, filler text); insert into numbers select g::text, null,"
            + " repeat('x', g % 300) from generate_series(1, 3000) g",
        "create table numbers (v text, n int) partition by list (v);"
            + "create table e1 partition of numbers for values in ('a');"
            + "create table e2 partition of numbers default partition by hash (v);"
            + "create table e3 partition of e2 for values with (modulus 2, remainder 0);"
            + "create table e4 partition of e2 for values with (modulus 2, remainder 1);"
            + "insert into numbers select (array['a', 'b', 'c', 'd'])[1 + g % 4], null"
            + " from generate_series(1, 3000) g",
      })
  void aTableWithoutAKeyIsDoneByPlace(String table) throws SQLException {
    live.numbers(table, "select 1");
    assertThat(problem(() -> run(count())).code()).isEqualTo("backfill-no-key");
    Backfill spec =
        Backfill.of("count", live.table("numbers"), "n", "coalesce(n, 0) + 1").where("n is null");
    assertThat(run(spec).progress().done()).isEqualTo(3000);
    assertThat(counts()).containsExactly("1: 3000");
  }

  /** Killed after each chunk, and once in the middle of each: the counter proves "once". */
  @ParameterizedTest
  @EnumSource(Isolation.class)
  void killedAtEveryBoundaryAndInTheMiddleEachRowIsDoneOnce(Isolation isolation) throws Exception {
    live.close();
    String[] more =
        isolation == Isolation.POOL
            ? new String[] {StoreFixture.fresh("other"), StoreFixture.fresh("third")}
            : new String[0];
    live = new LiveHome(STORE, isolation, more);
    pooled(900);
    // the sequence is not rolled back: some writes kill their own session, and not again at once
    live.sql(
        "create sequence kills; create function kill() returns trigger language plpgsql security"
            + " definer as $$ begin if old.id % 37 = 0 and"
            + " nextval('kills') % 5 = 1 then perform pg_terminate_backend(pg_backend_pid());"
            + " perform pg_sleep(10); end if; return new; end $$;"
            + " create trigger kill before update on numbers for each row execute function kill()");
    AtomicInteger boundaries = new AtomicInteger();
    AtomicInteger calls = new AtomicInteger();
    Control killer =
        p -> {
          if (calls.incrementAndGet() % 2 == 0) {
            boundaries.addAndGet(live.killControl());
          }
          return Control.Order.GO;
        };
    BackfillOutcome outcome = live.persist(count(), Throttle.NONE, killer);
    assertThat(outcome).isInstanceOf(BackfillOutcome.Finished.class);
    assertThat(counts()).containsExactly("1: 900");
    assertThat(boundaries.get()).as("killed between chunks").isGreaterThan(1);
    assertThat(Integer.parseInt(live.one("select last_value::text from kills")))
        .as("killed within chunks")
        .isGreaterThan(1);
  }

  /** The same rows in every strategy: in a pool they belong to three tenants. */
  private void pooled(int rows) throws SQLException {
    List<String> tenants =
        live.strings("select tenant from copyhold.member where home = '" + live.place.key() + "'");
    String array = "array['" + String.join("', '", tenants) + "']";
    live.numbers(
        "create table numbers (tenant_id text not null default copyhold.tenant(), id bigint,"
            + " v text, n int not null default 0, primary key (tenant_id, id))",
        "insert into numbers (tenant_id, id, v) select ("
            + array
            + ")[1 + g % "
            + tenants.size()
            + "], g, g::text from generate_series(1, "
            + rows
            + ") g");
    if (live.place.isolation() == Isolation.POOL) {
      try (Connection c = live.superuser()) {
        io.copyhold.tenants.isolation.RowPolicies.cover(c, live.place);
      }
    }
  }

  @Test
  void inAPoolAChunkSeesItsTenantsRowsAlone() throws SQLException {
    live.close();
    live = new LiveHome(STORE, Isolation.POOL, StoreFixture.fresh("other"));
    pooled(400);
    Backfills backfills = live.backfills(small());
    backfills.run(live.place, live.tenant, live.fence(), count(), Throttle.NONE, Control.NONE);
    assertThat(
            live.strings(
                "select n || ' ' || count(*) from numbers group by tenant_id, n order by 1"))
        .containsExactly("0 200", "1 200");
    assertThat(run(count()).progress().done()).isEqualTo(400);
    assertThat(counts()).containsExactly("1: 400");
  }

  @Test
  void itEndsThoughRowsKeepComingAndDoesEachOldOneOnce() throws Exception {
    live.numbers(KEYED, THOUSAND);
    AtomicBoolean over = new AtomicBoolean();
    AtomicInteger written = new AtomicInteger();
    try (Connection app = live.login()) {
      List<Future<?>> writer = new ArrayList<>();
      BackfillOutcome outcome =
          live.persist(
              count(),
              Throttle.NONE,
              p -> {
                if (writer.isEmpty()) {
                  writer.add(live.async(() -> write(app, written, over)));
                }
                int before = written.get();
                try { // the application writes between any two chunks
                  await(() -> written.get() > before + 10);
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
                return Control.Order.GO;
              });
      over.set(true);
      writer.getFirst().get(120, TimeUnit.SECONDS);
      assertThat(outcome.progress().done()).isGreaterThanOrEqualTo(1000);
    }
    assertThat(live.strings("select n::text from numbers where n not in (1, 100, 101)")).isEmpty();
    assertThat(live.one("select count(*)::text from numbers where n = 1")).isEqualTo("1000");
    assertThat(live.strings("select id::text from numbers where v = 'new' and n <> 100")).isEmpty();
  }

  private static boolean write(Connection app, AtomicInteger written, AtomicBoolean over)
      throws SQLException {
    while (!over.get()) {
      int i = written.incrementAndGet();
      Sql.run(app, "insert into numbers (id, v, n) values (" + (3001 + i) + ", 'new', 100)");
      Sql.run(
          app, "insert into numbers (id, v, n) values (" + (3 * (i % 1000) + 1) + ", 'in', 100)");
      Sql.run(app, "update numbers set v = 'changed' where id = " + 3 * (1000 - i % 900));
      Sql.run(app, "delete from numbers where id = " + (3 * (i % 1000) + 1) + " and v = 'in'");
    }
    return true;
  }

  @Test
  void aRowThatMovesBehindIsFoundByTheCondition() throws Exception {
    live.numbers(
        "create table numbers (id int primary key, n int)",
        "insert into numbers select g, null from generate_series(1, 1000) g");
    AtomicInteger chunks = new AtomicInteger();
    Backfill spec =
        Backfill.of("count", live.table("numbers"), "n", "coalesce(n, 0) + 1").where("n is null");
    BackfillOutcome outcome =
        live.persist(
            spec,
            Throttle.NONE,
            p -> {
              if (chunks.incrementAndGet() == 4) {
                try {
                  live.sql(
                      "update numbers set id = -id where id > 900; insert into numbers values (0)");
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              }
              return Control.Order.GO;
            });
    assertThat(outcome.progress().pass()).isEqualTo(2);
    assertThat(counts()).containsExactly("1: 1001");
  }

  @Test
  void whatIsUndoneAgainAndAgainIsNamedInTheEnd() throws SQLException {
    live.numbers(KEYED, THOUSAND);
    live.sql(
        "create function undo() returns trigger language plpgsql as $$ begin if old.id = 33 then"
            + " new.n := 0; end if; return new; end $$;"
            + " create trigger undo before update on numbers for each row execute function undo()");
    Problem problem = problem(() -> run(count().where("n = 0")));
    assertThat(problem.code()).isEqualTo("backfill-left");
    assertThat(problem.what()).contains("id = 33");
  }

  @Test
  void aRowWhoseValueFailsIsNamedAndStopsIt() throws SQLException {
    live.numbers(KEYED, THOUSAND);
    live.sql("update numbers set v = 'canary' where id = 999");
    Backfill spec = Backfill.of("parse", live.table("numbers"), "n", "v::int");
    Problem problem = problem(() -> run(spec));
    assertThat(problem.code()).isEqualTo("backfill-poison");
    assertThat(problem.what()).contains("id = 999").contains("22P02").doesNotContain("canary");
    // what came before is kept; once mended, it goes on there
    assertThat(live.one("select count(*)::text from numbers where n > 0")).isEqualTo("332");
    live.sql("update numbers set v = '333' where id = 999");
    assertThat(run(spec).progress().done()).isEqualTo(1000);
  }

  @Test
  void rowsThatFailAreSkippedAndListedByPolicyUpToALimit() throws SQLException {
    live.numbers(KEYED, THOUSAND);
    live.sql("update numbers set v = 'x' where id in (3, 300, 303, 2700, 3000)");
    Backfill spec = Backfill.of("parse", live.table("numbers"), "n", "v::int").skipping(4);
    Problem problem = problem(() -> run(spec));
    assertThat(problem.code()).isEqualTo("backfill-poison");
    assertThat(problem.what()).contains("id = 3000").contains("after 4 that were skipped");
    BackfillOutcome outcome = run(spec.skipping(5));
    assertThat(outcome.progress().skipped()).isEqualTo(5);
    assertThat(outcome.progress().done()).isEqualTo(995);
    assertThat(live.backfills(small()).skipped(live.place, null, "parse"))
        .hasSize(5)
        .first()
        .asString()
        .startsWith("id = 3: 22P02 ");
    assertThat(live.one("select count(*)::text from numbers where n = v::int and v <> 'x'"))
        .isEqualTo("995");
  }

  @Test
  void aSkippedRowIsNotTakenForOneThatIsLeft() throws SQLException {
    live.numbers(
        "create table numbers (v text, n int)",
        "insert into numbers select case when g = 500 then 'x' else g::text end"
            + " from generate_series(1, 1000) g");
    Backfill spec =
        Backfill.of("parse", live.table("numbers"), "n", "v::int").where("n is null").skipping(1);
    assertThat(run(spec).progress().done()).isEqualTo(999);
    assertThat(live.backfills(small()).skipped(live.place, null, "parse")).hasSize(1);
  }

  @Test
  void aChunkThatTakesTooLongIsHalved() throws SQLException {
    live.numbers(KEYED, THOUSAND);
    BackfillSettings settings =
        BackfillSettings.from(
            ConfigFactory.parseString(
                    "rows-first = 128, rows-min = 1, rows-max = 128, target = 20ms, chunk-limit = 400ms")
                .withFallback(LiveHome.CONFIG.getConfig("backfill")));
    live.sql("delete from numbers where id > 300");
    List<Integer> sizes = new ArrayList<>();
    BackfillOutcome outcome =
        live.backfills(settings)
            .runAll(
                live.place,
                live.fence(),
                Backfill.of(
                    "slow",
                    live.table("numbers"),
                    "n",
                    "case when pg_sleep(0.01) is null then 0 else n + 1 end"),
                Throttle.NONE,
                p -> {
                  sizes.add(p.chunkRows());
                  return Control.Order.GO;
                });
    assertThat(outcome.progress().done()).isEqualTo(100);
    assertThat(counts()).containsExactly("1: 100");
    assertThat(sizes.getLast()).isLessThan(64);
  }

  @Test
  void anExpressionThatCannotWorkIsRefusedAtOnce() throws SQLException {
    live.numbers(KEYED, THOUSAND);
    Problem problem =
        problem(() -> run(Backfill.of("wrong", live.table("numbers"), "n", "nosuchcolumn")));
    assertThat(problem.code()).isEqualTo("backfill-refused");
    assertThat(problem.what()).contains("nosuchcolumn");
  }

  @Test
  void anotherBackfillUnderTheSameNameIsRefusedUntilTheFirstIsForgotten() throws SQLException {
    live.numbers(KEYED, THOUSAND);
    run(count());
    Backfill other = Backfill.of("count", live.table("numbers"), "n", "n + 2");
    assertThat(problem(() -> run(other)).code()).isEqualTo("backfill-changed");
    live.backfills(small()).forget(live.place, live.fence(), "count");
    run(other);
    assertThat(counts()).containsExactly("3: 1000");
  }

  @Test
  void questionMarksInExpressionsAreOperators() throws SQLException {
    live.numbers(
        "create table numbers (id int primary key, d jsonb, n int)",
        "insert into numbers select g, jsonb_build_object('a?' || g % 2, 1) from"
            + " generate_series(1, 10) g");
    run(
        Backfill.of(
                "json",
                live.table("numbers"),
                "n",
                "case when d ? 'a?1' /* is it? */ then 1 else 0 end")
            .where("n is null and d ?| array['a?1', E'\\'?', $$a?0$$]"));
    assertThat(counts()).containsExactly("0: 5", "1: 5");
  }

  @Test
  void itHaltsWhenToldAndGoesOnLater() throws SQLException {
    live.numbers(KEYED, THOUSAND);
    BackfillOutcome halted =
        live.backfills(small())
            .runAll(
                live.place,
                live.fence(),
                count(),
                Throttle.NONE,
                p -> p.done() >= 300 ? new Control.Order.Halt("paused by ann") : Control.Order.GO);
    assertThat(halted)
        .isInstanceOfSatisfying(
            BackfillOutcome.Halted.class, h -> assertThat(h.reason()).isEqualTo("paused by ann"));
    assertThat(counts()).containsExactly("0: 700", "1: 300");
    run(count());
    assertThat(counts()).containsExactly("1: 1000");
  }

  @Test
  void itIsRetunedBetweenChunks() throws SQLException {
    live.numbers(KEYED, THOUSAND);
    List<Long> done = new ArrayList<>();
    live.backfills(small())
        .runAll(
            live.place,
            live.fence(),
            count(),
            Throttle.NONE,
            p -> {
              done.add(p.done());
              return new Control.Order.Go(
                  new Control.Tuning(Duration.ofSeconds(2), p.done() < 200 ? 0 : 7, 0.01));
            });
    assertThat(done).startsWith(0L, 100L, 200L, 207L, 214L);
    assertThat(counts()).containsExactly("1: 1000");
  }

  @Test
  void aLateAttemptStopsAtItsNextChunk() throws SQLException {
    live.numbers(KEYED, THOUSAND);
    var late = live.fence();
    AtomicBoolean taken = new AtomicBoolean();
    Problem problem =
        problem(() ->
            live.backfills(small())
                .runAll(
                    live.place,
                    late,
                    count(),
                    Throttle.NONE,
                    p -> {
                      if (p.done() == 200 && taken.compareAndSet(false, true)) {
                        run(count());
                      }
                      return Control.Order.GO;
                    }));
    assertThat(problem.code()).isEqualTo("stale-token");
    assertThat(counts()).containsExactly("1: 1000");
  }

  @Test
  void rowsThatAnApplicationHoldsAreWaitedForInShortTries() throws Exception {
    live.numbers(KEYED, THOUSAND);
    BackfillSettings hasty =
        BackfillSettings.from(
            ConfigFactory.parseString("lock-limit = 20ms, lock-tries = 3")
                .withFallback(LiveHome.CONFIG.getConfig("backfill")));
    try (Connection app = live.open("update numbers set v = 'held' where id = 3")) {
      Problem problem =
          problem(() ->
              live.backfills(hasty)
                  .runAll(live.place, live.fence(), count(), Throttle.NONE, Control.NONE));
      assertThat(problem.code()).isEqualTo("lock-wait");
      assertThat(problem.what()).contains("t_" + live.tenant);
      Future<BackfillOutcome> patient =
          live.async(() -> live.persist(count(), Throttle.NONE, Control.NONE));
      await(() ->
          !live.strings(
                  "select 'x' from pg_locks where not granted and locktype in"
                      + " ('transactionid', 'tuple')")
              .isEmpty());
      app.commit();
      assertThat(patient.get(120, TimeUnit.SECONDS).progress().done()).isEqualTo(1000);
    }
    assertThat(counts()).containsExactly("1: 1000");
  }

  @Test
  void itHoldsBackWhileASignalSaysSoAndGoesOn() throws SQLException {
    live.numbers(KEYED, THOUSAND);
    AtomicInteger looks = new AtomicInteger();
    Throttle lagging =
        (c, table) ->
            looks.incrementAndGet() % 5 == 0
                ? Optional.empty()
                : Optional.of(
                    new Throttle.Hold("A replica is behind.", Duration.ofMinutes(2), false));
    live.persist(count(), lagging, Control.NONE);
    assertThat(looks.get()).isGreaterThanOrEqualTo(50);
    assertThat(counts()).containsExactly("1: 1000");
  }

  @Test
  void itDoesNotHoldBackForEver() throws SQLException {
    live.numbers(KEYED, THOUSAND);
    Throttle never =
        (c, table) ->
            Optional.of(new Throttle.Hold("A replica is behind.", Duration.ofMillis(50), false));
    Problem problem =
        problem(() ->
            live.backfills(small()).runAll(live.place, live.fence(), count(), never, Control.NONE));
    assertThat(problem.code()).isEqualTo("backfill-throttled");
    assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
    assertThat(problem.what()).contains("A replica is behind.");
    Throttle mild =
        (c, table) -> Optional.of(new Throttle.Hold("A vacuum.", Duration.ofMillis(50), true));
    live.persist(count(), mild, Control.NONE);
    assertThat(counts()).containsExactly("1: 1000");
  }

  @Test
  void anOperatorsLoadQueryHoldsItBack() throws SQLException {
    live.numbers(KEYED, THOUSAND);
    live.sql(
        "create table load (v float8); insert into load values (7); grant all on load to public;"
            + "grant usage on schema "
            + io.copyhold.runtime.postgres.Identifiers.quote(live.place.schema())
            + " to public");
    Throttle load =
        ServerSignals.load("select v from " + live.table("load").sql(), 5, Duration.ofMillis(100));
    assertThat(
            problem(() ->
                    live.backfills(small())
                        .runAll(live.place, live.fence(), count(), load, Control.NONE))
                .what())
        .contains("The load is 7.0, above 5.0");
    live.sql("update load set v = 4");
    live.persist(count(), load, Control.NONE);
    assertThat(counts()).containsExactly("1: 1000");
  }

  /** A database whose homes an older release made, without the tables of this one. */
  @Test
  void anOlderReleasesBookIsBroughtUpToDate() throws SQLException {
    live.close();
    live = new LiveHome(STORE, Isolation.DATABASE);
    live.numbers(KEYED, THOUSAND);
    live.sql(
        "drop table copyhold.backfill, copyhold.backfill_skipped, copyhold.building;"
            + " delete from copyhold.format; insert into copyhold.format values (2)");
    run(count());
    assertThat(counts()).containsExactly("1: 1000");
  }

  @Test
  void aMissingTableIsSaid() {
    Backfill spec = Backfill.of("x", live.table("nowhere"), "n", "1");
    assertThat(problem(() -> run(spec)).code()).isEqualTo("table-missing");
  }
}
