package io.copyhold.tenants.store.postgres.ddl;

import static io.copyhold.tenants.store.postgres.ddl.LiveHome.await;
import static io.copyhold.tenants.store.postgres.ddl.LiveHome.problem;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.Problem;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A constraint comes without anybody waiting while the table is read, and names what breaks it. */
class ConstraintsTest {
  private LiveHome live = new LiveHome(Isolation.SCHEMA);

  @AfterEach
  void close() {
    live.close();
  }

  private void apply(List<Change> changes) {
    changes.forEach(c -> live.ddl().apply(live.site(), c, Ddl.Entry.NONE));
  }

  private void table(String sql) throws SQLException {
    live.sql(sql);
    live.ownAll();
  }

  private List<String> constraints(String table) throws SQLException {
    return live.strings(
        "select conname || ' ' || convalidated from pg_constraint where contype <> 'n'"
            + " and conrelid = '"
            + table
            + "'::regclass order by 1");
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void notNullComesByWayOfAValidatedCheckThatGoesAgain(Isolation isolation) throws SQLException {
    live.close();
    live = new LiveHome(isolation);
    TableName customer = live.table("customer");
    table("alter table customer add column note text default 'x'");
    List<String> before = constraints("customer");
    apply(Constraints.notNull(customer, "note"));
    apply(Constraints.notNull(customer, "note")); // a rerun changes nothing
    assertThat(
            live.one(
                "select attnotnull::text from pg_attribute where attname = 'note'"
                    + " and attrelid = 'customer'::regclass"))
        .isEqualTo("true");
    assertThat(constraints("customer")).isEqualTo(before);
  }

  @Test
  void aRerunAfterEachStepOfNotNullEndsTheSame() throws SQLException {
    for (int done = 0; done <= 4; done++) {
      String name = "t" + done;
      table("create table " + name + " (id int primary key, note text)");
      List<Change> steps = Constraints.notNull(live.table(name), "note");
      apply(steps.subList(0, done));
      apply(steps);
      assertThat(constraints(name)).containsExactly(name + "_pkey true");
    }
  }

  @Test
  void aRowThatBreaksTheCheckIsNamed() throws SQLException {
    table(
        "create table price (id int primary key, cents int);"
            + " insert into price select n, n from generate_series(-2, 100) n");
    List<Change> check = Constraints.check(live.table("price"), "positive", "\"cents\" > 0");
    Problem problem = problem(() -> apply(check));
    assertThat(problem.code()).isEqualTo("ddl-violated");
    assertThat(problem.what()).contains("id = -2; id = -1; id = 0.").doesNotContain("id = 1");
    assertThat(constraints("price")).contains("positive false");
    live.sql("delete from price where cents <= 0");
    apply(check);
    assertThat(constraints("price")).contains("positive true");
  }

  @Test
  void moreThanAFewBreakingRowsAreNotAllListed() throws SQLException {
    table(
        "create table price (cents int); insert into price select -1 from generate_series(1, 99)");
    Problem problem =
        problem(() -> apply(Constraints.check(live.table("price"), "p", "\"cents\" > 0")));
    assertThat(problem.what()).contains("ctid = (0,1)").endsWith("; and more.");
  }

  @Test
  void aMissingValueIsNamedByItsKey() throws SQLException {
    table(
        "create table a (x int, y text, note text, primary key (y, x));"
            + " insert into a values (1, 'one', 'n'), (2, 'two', null)");
    assertThat(problem(() -> apply(Constraints.notNull(live.table("a"), "note"))).what())
        .contains("(y, x) = (two, 2)");
  }

  @Test
  void aForeignKeyIsAddedForNewRowsAndThenForAll() throws SQLException {
    table(
        "create table a (id int primary key); create table b (id int primary key, a int);"
            + " insert into a values (1); insert into b values (1, 1), (2, 7), (3, null)");
    List<Change> key =
        Constraints.foreignKey(
            live.table("b"), "b_a", List.of("a"), live.table("a"), List.of("id"), "");
    Problem problem = problem(() -> apply(key));
    assertThat(problem.code()).isEqualTo("ddl-violated");
    assertThat(problem.what()).contains("Rows in the way: id = 2.");
    live.sql("delete from b where id = 2");
    apply(key);
    assertThat(constraints("b")).contains("b_a true");
  }

  /** Row-level security hides rows from their own table's owner: not from a check of all rows. */
  @Test
  void inAPoolTheRowsOfAllTenantsAreCheckedAndNamed() throws SQLException {
    live.close();
    live = new LiveHome(Isolation.POOL);
    live.sql(
        "create table visit (tenant_id text not null, id int, customer bigint, cents int,"
            + " primary key (tenant_id, id));"
            + " insert into customer (tenant_id, id, name) values ('x', 1, 'n');"
            + " insert into visit values ('x', 1, 1, 5), ('y', 2, 1, -5), ('z', 3, null, 5)");
    live.ownAll();
    try (Connection c = live.superuser()) {
      io.copyhold.tenants.isolation.RowPolicies.cover(c, live.place);
    }
    TableName visit = live.table("visit");
    List<Change> key =
        Constraints.foreignKey(
            visit,
            "visit_customer",
            List.of("tenant_id", "customer"),
            live.table("customer"),
            List.of("tenant_id", "id"),
            "");
    assertThat(problem(() -> apply(key)).what())
        .contains("Rows in the way: (tenant_id, id) = (y, 2).");
    assertThat(problem(() -> apply(Constraints.check(visit, "positive", "\"cents\" > 0"))).what())
        .contains("Rows in the way: (tenant_id, id) = (y, 2).");
    assertThat(problem(() -> apply(Constraints.unique(visit, "by_cents", List.of("cents")))).what())
        .contains("(tenant_id, id) = (x, 1)")
        .contains("(tenant_id, id) = (z, 3)");
    live.sql("delete from visit where tenant_id = 'y'");
    apply(key);
    assertThat(constraints("visit")).contains("visit_customer true");
  }

  @Test
  void uniqueAndPrimaryKeyComeByWayOfAnIndex() throws SQLException {
    table("create table a (x int, y text); insert into a values (1, 'one'), (2, 'two')");
    apply(Constraints.unique(live.table("a"), "a_y", List.of("y")));
    apply(Constraints.primaryKey(live.table("a"), "a_key", List.of("x")));
    apply(Constraints.primaryKey(live.table("a"), "a_key", List.of("x")));
    assertThat(constraints("a")).containsExactly("a_key true", "a_y true");
  }

  /** Validation runs while a reader and a writer of the same table are open, and lets both on. */
  @Test
  void readersAndWritersGoOnWhileAllRowsAreChecked() throws Exception {
    table("alter table customer add column note text default 'x'");
    try (Connection writer = live.login();
        Connection blocker = live.superuser()) {
      List<Change> steps =
          Constraints.check(live.table("customer"), "slow", "pg_sleep(0.02) is not null");
      Sql.run(
          blocker,
          "insert into customer (tenant_id, id, name) select 'x', n, n::text"
              + " from generate_series(1000, 1200) n");
      live.ddl().apply(live.site(), steps.getFirst(), Ddl.Entry.NONE);
      Future<DdlResult> validation =
          live.async(() -> live.ddl().apply(live.site(), steps.getLast(), Ddl.Entry.NONE));
      await(() ->
          !live.strings(
                  "select 'x' from pg_stat_activity where query like '%validate constraint%'"
                      + " and wait_event = 'PgSleep'")
              .isEmpty());
      for (int i = 0; i < 5; i++) {
        Sql.run(writer, "insert into customer (id, name) values (" + i + ", '" + i + "')");
        Sql.strings(writer, "select id::text from customer");
      }
      assertThat(validation.isDone()).isFalse();
      assertThat(validation.get(120, TimeUnit.SECONDS).attempts()).isEqualTo(1);
    }
  }
}
