package io.copyhold.tenants.store.postgres.ddl;

import static io.copyhold.tenants.store.postgres.ddl.LiveHome.PATIENT;
import static io.copyhold.tenants.store.postgres.ddl.LiveHome.await;
import static io.copyhold.tenants.store.postgres.ddl.LiveHome.problem;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.Identifiers;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.postgres.StoreFixture;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An index is there and valid in the end, or not there; never half of one for good. */
class IndexesTest {
  /** Not the shared one: its control role ends others' sessions here. */
  private static final StoreFixture STORE = LiveHome.ownStore();

  private LiveHome live = new LiveHome(STORE, Isolation.SCHEMA);

  @AfterEach
  void close() {
    live.close();
  }

  private IndexBuild byName() {
    return IndexBuild.on(live.table("customer"), "customer_by_name", false, List.of("name"));
  }

  private List<String> indexes() throws SQLException {
    return live.strings(
        "select i.relname || ' ' || case when x.indisvalid then 'valid' else 'invalid' end"
            + " from pg_index x join pg_class i on i.oid = x.indexrelid"
            + " where x.indrelid = 'customer'::regclass and i.relname ~ 'by_name' order by 1");
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void anIndexIsBuiltOnceAndTakenAway(Isolation isolation) throws SQLException {
    live.close();
    live = new LiveHome(STORE, isolation);
    Ddl ddl = live.ddl();
    assertThat(ddl.apply(live.site(), byName(), Ddl.Entry.NONE).already()).isFalse();
    assertThat(ddl.apply(live.site(), byName(), Ddl.Entry.NONE).already()).isTrue();
    assertThat(indexes()).containsExactly("customer_by_name valid");
    IndexDrop drop = new IndexDrop(live.place.schema(), "customer_by_name");
    assertThat(ddl.apply(live.site(), drop, Ddl.Entry.NONE).already()).isFalse();
    assertThat(ddl.apply(live.site(), drop, Ddl.Entry.NONE).already()).isTrue();
    assertThat(indexes()).isEmpty();
  }

  @Test
  void somebodyElsesIndexOfThatNameIsLeftAlone() throws SQLException {
    live.sql("create index customer_by_name on customer (id)");
    Problem problem = problem(() -> live.ddl().apply(live.site(), byName(), Ddl.Entry.NONE));
    assertThat(problem.code()).isEqualTo("index-exists");
    assertThat(indexes()).containsExactly("customer_by_name valid");
  }

  @Test
  void anotherDefinitionUnderTheNameOfOursIsRefused() {
    Ddl ddl = live.ddl();
    ddl.apply(live.site(), byName(), Ddl.Entry.NONE);
    IndexBuild other =
        IndexBuild.on(live.table("customer"), "customer_by_name", false, List.of("id"));
    assertThat(problem(() -> ddl.apply(live.site(), other, Ddl.Entry.NONE)).code())
        .isEqualTo("index-exists");
  }

  /** The build waits for a writer that was there before; then its server process is killed. */
  @Test
  void aKilledBuildIsMadeRightByTheNextAttempt() throws Exception {
    for (boolean unique : List.of(false, true)) {
      IndexBuild build =
          IndexBuild.on(
              live.table("customer"), "by_name_" + unique, unique, List.of("tenant_id", "name"));
      try (Connection writer = live.open("insert into customer (id, name) values (1, 'a')")) {
        Future<DdlResult> first =
            live.async(() -> live.ddl().apply(live.site(), build, Ddl.Entry.NONE));
        await(() -> indexes().contains("by_name_" + unique + " invalid"));
        assertThat(
                live.strings(
                    "select pg_terminate_backend(pid)::text from pg_stat_activity"
                        + " where query like 'create%by_name_"
                        + unique
                        + "%' and application_name like 'copyhold:%'"))
            .containsExactly("true");
        assertThat(first)
            .failsWithin(Duration.ofSeconds(120))
            .withThrowableThat()
            .havingCause()
            .isInstanceOfSatisfying(
                ProblemException.class,
                e -> assertThat(e.problem().kind()).isEqualTo(Problem.Kind.UNAVAILABLE));
        assertThat(indexes()).contains("by_name_" + unique + " invalid");
        writer.rollback();
      }
      DdlResult second = live.ddl().apply(live.site(), build, Ddl.Entry.NONE);
      assertThat(second.already()).isFalse();
      assertThat(indexes()).contains("by_name_" + unique + " valid");
    }
  }

  @Test
  void whoeverKeepsABuildWaitingIsNamedAndTheBuildGivesUpAfterTheLimit() throws Exception {
    live.sql("grant pg_read_all_stats to " + Identifiers.quote(STORE.address().user()));
    DdlSettings impatient =
        new DdlSettings(
            Duration.ofSeconds(2),
            Duration.ofMillis(50),
            Duration.ofMillis(400),
            Duration.ofMillis(300),
            10,
            Duration.ofSeconds(10));
    try (Connection writer = live.open("insert into customer (id, name) values (1, 'a')")) {
      Problem problem =
          problem(() -> live.ddl(impatient).apply(live.site(), byName(), Ddl.Entry.NONE));
      assertThat(problem.code()).isEqualTo("index-waits");
      assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
      assertThat(problem.what()).contains("t_" + live.tenant).contains("idle in transaction");
      writer.rollback();
    }
    assertThat(live.ddl().apply(live.site(), byName(), Ddl.Entry.NONE).already()).isFalse();
    assertThat(indexes()).containsExactly("customer_by_name valid");
  }

  @Test
  void whoeverKeepsABuildWaitingIsEndedByPolicy() throws Exception {
    live.sql(
        "grant pg_read_all_stats, pg_signal_backend to "
            + Identifiers.quote(STORE.address().user()));
    try (Connection writer = live.open("insert into customer (id, name) values (1, 'a')")) {
      Site hard =
          new Site(live.place, live.fence(), PATIENT, BlockerPolicy.terminate(Duration.ZERO));
      DdlResult result = live.ddl().apply(hard, byName(), Ddl.Entry.NONE);
      assertThat(result.blockers()).extracting(Blocker::ended).contains("terminated");
      assertThat(writer.isValid(10)).isFalse();
    }
    assertThat(indexes()).containsExactly("customer_by_name valid");
  }

  @Test
  void theBuildGoesOnWhenTheOldTransactionEnds() throws Exception {
    try (Connection writer = live.open("insert into customer (id, name) values (1, 'a')")) {
      Future<DdlResult> build =
          live.async(() -> live.ddl().apply(live.site(), byName(), Ddl.Entry.NONE));
      await(() -> live.ddl().progress(live.place, live.table("customer")).isPresent());
      writer.commit();
      assertThat(build.get(120, TimeUnit.SECONDS).already()).isFalse();
    }
    assertThat(indexes()).containsExactly("customer_by_name valid");
  }

  @Test
  void rowsThatAreAlikeAreNamedAndTheIndexIsGone() throws SQLException {
    live.sql(
        "insert into customer (tenant_id, id, name) select 'x', n, 'n' || n from"
            + " generate_series(1, 40) n; create table visit (id int primary key, who text);"
            + " insert into visit select n, 'w' || least(n, 98) from generate_series(1, 100) n");
    live.sql("alter table visit owner to " + Identifiers.quote(live.place.owner()));
    IndexBuild build =
        new IndexBuild(
            live.table("visit"),
            "by_who",
            true,
            "btree",
            List.of("lower(\"who\") desc nulls last"),
            "",
            "\"id\" > 10");
    Problem problem = problem(() -> live.ddl().apply(live.site(), build, Ddl.Entry.NONE));
    assertThat(problem.code()).isEqualTo("ddl-violated");
    assertThat(problem.what()).contains("id = 98").contains("id = 99").contains("id = 100");
    assertThat(problem.what()).doesNotContain("id = 97").doesNotContain("w98");
    assertThat(live.one("select (to_regclass('by_who') is null)::text")).isEqualTo("true");
    live.sql("delete from visit where id > 98");
    assertThat(live.ddl().apply(live.site(), build, Ddl.Entry.NONE).already()).isFalse();
  }

  @Test
  void aRebuildThatWasKilledLeavesNothingAfterTheNextOne() throws Exception {
    live.ddl().apply(live.site(), byName(), Ddl.Entry.NONE);
    IndexRebuild rebuild = new IndexRebuild(live.place.schema(), "customer_by_name");
    try (Connection writer = live.open("insert into customer (id, name) values (1, 'a')")) {
      Future<DdlResult> first =
          live.async(() -> live.ddl().apply(live.site(), rebuild, Ddl.Entry.NONE));
      await(() -> indexes().contains("customer_by_name_ccnew invalid"));
      live.strings(
          "select pg_terminate_backend(pid)::text from pg_stat_activity"
              + " where query like 'reindex%customer_by_name%'");
      assertThat(first).failsWithin(Duration.ofSeconds(120));
      writer.rollback();
    }
    live.ddl().apply(live.site(), rebuild, Ddl.Entry.NONE);
    assertThat(indexes()).containsExactly("customer_by_name valid");
  }

  @Test
  void anIndexThatIsAConstraintsIsNotDropped() throws SQLException {
    IndexDrop drop = new IndexDrop(live.place.schema(), "customer_pkey");
    assertThat(problem(() -> live.ddl().apply(live.site(), drop, Ddl.Entry.NONE)).code())
        .isEqualTo("ddl-refused");
    assertThat(live.one("select (to_regclass('customer_pkey') is not null)::text"))
        .isEqualTo("true");
  }

  @Test
  void aCancelledOperationStopsItsBuild() throws Exception {
    java.util.concurrent.atomic.AtomicReference<Runnable> cancel =
        new java.util.concurrent.atomic.AtomicReference<>();
    var plain = live.fence();
    var fence =
        new io.copyhold.tenants.store.Fence(
            plain.operation(),
            plain.owner(),
            plain.token(),
            plain.key(),
            1,
            c -> {
              cancel.set(c);
              return () -> cancel.set(null);
            });
    try (Connection writer = live.open("insert into customer (id, name) values (1, 'a')")) {
      Future<DdlResult> build =
          live.async(() ->
              live.ddl()
                  .apply(
                      new Site(live.place, fence, PATIENT, BlockerPolicy.WAIT),
                      byName(),
                      Ddl.Entry.NONE));
      await(() -> indexes().contains("customer_by_name invalid"));
      cancel.get().run();
      await(() -> {
        Runnable again = cancel.get(); // the drop of the remains waits for the writer too
        if (again != null) {
          again.run();
        }
        return build.isDone();
      });
      assertThat(build).isDone();
      org.assertj.core.api.Assertions.assertThatThrownBy(build::get)
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> assertThat(e.problem().code()).isEqualTo("statement-cancelled"));
      writer.rollback();
    }
  }
}
