package io.copyhold.tenants.store.postgres;

import static io.copyhold.tenants.store.postgres.StoreFixture.fence;
import static io.copyhold.tenants.store.postgres.StoreFixture.fresh;
import static io.copyhold.tenants.store.postgres.StoreFixture.script;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.postgres.Identifiers;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.postgres.session.Sql;
import io.copyhold.tenants.store.postgres.session.SqlTrouble;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.postgresql.PGConnection;

/**
 * What a hostile tenant tries from its own login, against a neighbour in a home of the same kind.
 */
class BoundariesTest {
  private final StoreFixture fixture = StoreFixture.shared();

  /** Two tenants with a customer each; in a pool they share the home. */
  private record Neighbours(
      HomeRef mineHome, String mine, HomeRef theirsHome, String theirs, Place theirPlace) {}

  private Neighbours neighbours(Isolation isolation) throws SQLException {
    String mine = fresh("mallory");
    String theirs = fresh("victim");
    HomeRef mineHome;
    HomeRef theirsHome;
    if (isolation == Isolation.POOL) {
      mineHome = fixture.homeWith(isolation, fresh("pool"), mine, theirs);
      theirsHome = mineHome;
    } else {
      mineHome = fixture.homeWith(isolation, fresh("home"), mine);
      theirsHome = fixture.homeWith(isolation, fresh("home"), theirs);
    }
    for (HomeRef home : List.of(mineHome, theirsHome)) {
      try (Connection c = fixture.login(home, home == theirsHome ? theirs : mine)) {
        Sql.run(
            c,
            "insert into customer (id, name) values (1, 'secret of ' || session_user) on conflict do nothing");
      }
    }
    if (isolation == Isolation.POOL) {
      try (Connection c = fixture.login(mineHome, mine)) {
        Sql.run(c, "insert into customer (id, name) values (1, 'secret of ' || session_user)");
      }
    }
    return new Neighbours(
        mineHome,
        mine,
        theirsHome,
        theirs,
        Place.of(theirsHome, fixture.address().sharedDatabase()));
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void aTenantSeesItsOwnRowsOnlyWhateverItSets(Isolation isolation) throws SQLException {
    Neighbours n = neighbours(isolation);
    for (String trick :
        List.of(
            "select 1",
            "set copyhold.as_tenant = '" + n.theirs() + "'",
            "select set_config('copyhold.as_tenant', '" + n.theirs() + "', false)",
            "set copyhold.migrating = 'on'",
            "set row_security = off",
            "set search_path = " + Identifiers.quote(n.theirPlace().schema()),
            "set search_path = pg_temp, "
                + Identifiers.quote(n.theirPlace().schema())
                + ", copyhold",
            "set session_replication_role = replica",
            "reset role",
            "reset session authorization",
            "set role none")) {
      try (Connection c = fixture.login(n.mineHome(), n.mine())) {
        try {
          Sql.run(c, trick);
        } catch (SQLException e) {
          assertThat(SqlTrouble.state(e)).as(trick).isEqualTo("42501");
        }
        try {
          assertThat(Sql.strings(c, "select distinct tenant_id from customer"))
              .as(trick)
              .isSubsetOf(n.mine());
        } catch (SQLException e) {
          assertThat(SqlTrouble.state(e)).as(trick).isIn("42501", "42P01");
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void aTenantCannotBecomeAnybodyElse(Isolation isolation) throws SQLException {
    Neighbours n = neighbours(isolation);
    Place mine = Place.of(n.mineHome(), fixture.address().sharedDatabase());
    try (Connection c = fixture.login(n.mineHome(), n.mine())) {
      for (String role :
          List.of(
              Place.login(n.theirs()),
              mine.owner(),
              n.theirPlace().owner(),
              fixture.address().user(),
              "postgres",
              "pg_read_all_data")) {
        refused(c, "set role " + Identifiers.quote(role));
        refused(c, "set session authorization " + Identifiers.quote(role));
        refused(c, "grant " + Identifiers.quote(role) + " to current_user");
      }
      refused(c, "alter role current_user createrole");
      refused(c, "create role intruder");
      refused(c, "alter role " + Identifiers.quote(Place.login(n.theirs())) + " password 'x'");
    }
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void aTenantCannotReachAnotherHome(Isolation isolation) throws SQLException {
    Neighbours n = neighbours(isolation);
    try (Connection c = fixture.login(n.mineHome(), n.mine())) {
      if (isolation == Isolation.SCHEMA) {
        String table = Identifiers.quote(n.theirPlace().schema(), "customer");
        refused(c, "select * from " + table);
        refused(c, "insert into " + table + " (id, name) values (2, 'x')");
        refused(c, "update " + table + " set name = 'x'");
        refused(c, "delete from " + table);
        refused(c, "copy " + table + " to stdout");
      }
      for (String table : List.of("home", "member", "ledger", "fence")) {
        refused(c, "select * from copyhold." + table);
        refused(c, "insert into copyhold." + table + " select * from copyhold." + table);
      }
      refused(c, "select copyhold.enter('x', 'x', 'x', 0, 1, 1, 'x', 1, 'x', '1 day')");
      refused(c, "create schema mine");
      refused(c, "create table public.x (a int)");
      refused(c, "create function public.x() returns int language sql return 1");
      refused(c, "create extension dblink");
      refused(c, "create database mine");
      refused(c, "copy customer to program 'cat'");
      refused(c, "select pg_read_file('postgresql.conf')");
      refused(c, "select * from pg_authid");
    }
    String other = isolation == Isolation.DATABASE ? n.theirPlace().database() : "postgres";
    if (isolation == Isolation.DATABASE) {
      assertThatThrownBy(() ->
              StoreFixture.server()
                  .withName(other)
                  .withUser(Place.login(n.mine()), () -> StoreFixture.PASSWORD)
                  .connect("intruder"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(SqlTrouble.state(e)).isEqualTo("42501"));
    }
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void aTenantChangesRowsAndNotStructure(Isolation isolation) throws SQLException {
    Neighbours n = neighbours(isolation);
    try (Connection c = fixture.login(n.mineHome(), n.mine())) {
      refused(c, "truncate invoice");
      refused(c, "drop table invoice");
      refused(c, "alter table invoice add column x int");
      refused(c, "alter table customer disable row level security");
      refused(c, "alter table customer no force row level security");
      refused(c, "create policy mine on customer using (true)");
      refused(c, "drop policy copyhold_tenant on customer");
      refused(c, "create table x (a int)");
      refused(c, "create view x as select * from customer");
      refused(c, "create function x() returns int language sql return 1");
      refused(
          c,
          "create trigger x before insert on customer execute function tsvector_update_trigger('a')");
      refused(c, "create rule x as on insert to customer do nothing");
      refused(c, "create index on customer (name)");
      refused(c, "alter sequence invoice_id_seq restart");
      refused(c, "comment on table customer is 'mine'");
    }
  }

  @Test
  void aPoolHoldsWritesToo() throws SQLException {
    Neighbours n = neighbours(Isolation.POOL);
    try (Connection c = fixture.login(n.mineHome(), n.mine())) {
      String theirs = Identifiers.literal(n.theirs());
      refused(c, "insert into customer (tenant_id, id, name) values (" + theirs + ", 9, 'x')");
      refused(c, "update customer set tenant_id = " + theirs);
      assertThat(Sql.update(c, "update customer set name = 'x' where tenant_id = " + theirs))
          .isZero();
      assertThat(Sql.update(c, "delete from customer where tenant_id = " + theirs)).isZero();
      assertThat(Sql.list(c, "select * from customer for update", r -> 1)).hasSize(1);
      refused(c, "insert into invoice (tenant_id, customer, cents) values (" + theirs + ", 1, 1)");
      refused( // their customer 77 is not visible through a foreign key either
          c, "insert into invoice (customer, cents) values (77, 1)", "23503");
      refused(c, "create temp table t (a int)");
    }
    try (Connection c = fixture.login(n.theirsHome(), n.theirs())) {
      assertThat(Sql.strings(c, "select name from customer"))
          .containsExactly("secret of " + Place.login(n.theirs()));
    }
  }

  @Test
  void copyStaysInsideTheTenant() throws SQLException, IOException {
    Neighbours n = neighbours(Isolation.POOL);
    try (Connection c = fixture.login(n.mineHome(), n.mine())) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      c.unwrap(PGConnection.class).getCopyAPI().copyOut("copy customer to stdout", out);
      assertThat(out.toString(StandardCharsets.UTF_8))
          .contains(n.mine())
          .doesNotContain(n.theirs());
      assertThatThrownBy(() ->
              c.unwrap(PGConnection.class)
                  .getCopyAPI()
                  .copyIn(
                      "copy customer (tenant_id, id, name) from stdin",
                      new StringReader(n.theirs() + "\t5\tx\n")))
          .isInstanceOf(SQLException.class);
    }
  }

  @Test
  void aFunctionOfTheChangelogSeesTheCallersTenantOnly() throws SQLException {
    Neighbours n = neighbours(Isolation.POOL);
    fixture
        .store()
        .apply(
            n.mineHome(),
            script(
                2,
                """
                create function names() returns setof text language plpgsql as $$
                begin return query select name from customer; end $$;
                create view names_view with (security_invoker = true) as select name from customer;
                """),
            fence("pool"),
            LockPolicy.DEFAULT);
    try (Connection c = fixture.login(n.mineHome(), n.mine())) {
      List<String> own = List.of("secret of " + Place.login(n.mine()));
      assertThat(Sql.strings(c, "select names()")).isEqualTo(own);
      assertThat(Sql.strings(c, "select * from names_view"))
          .as("new views are granted by default privileges")
          .isEqualTo(own);
    }
  }

  @Test
  void parallelPlansSeeTheSameTenant() throws SQLException {
    Neighbours n = neighbours(Isolation.POOL);
    try (Connection c = fixture.login(n.mineHome(), n.mine())) {
      Sql.run(
          c, "insert into customer (id, name) select n, n::text from generate_series(10, 5000) n");
      Sql.run(
          c,
          "set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0");
      assertThat(Sql.strings(c, "select count(*)::text from customer")).containsExactly("4992");
    }
    try (Connection c = fixture.login(n.theirsHome(), n.theirs())) {
      Sql.run(
          c,
          "set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0");
      assertThat(Sql.strings(c, "select count(*)::text from customer")).containsExactly("1");
    }
  }

  @Test
  void theOwnerSeesNothingWithoutSayingForWhom() throws SQLException {
    Neighbours n = neighbours(Isolation.POOL);
    try (Connection c = fixture.superuser(fixture.address().sharedDatabase())) {
      Sql.run(c, "set role " + Identifiers.quote(n.theirPlace().owner()));
      Sql.run(
          c,
          "set copyhold.as_tenant = '"
              + n.theirs()
              + "'"); // only the control role's own session may
      Sql.run(c, "set copyhold.migrating = 'on'");
      assertThat(
              Sql.strings(
                  c, "select name from " + Identifiers.quote(n.theirPlace().schema(), "customer")))
          .isEmpty();
    }
  }

  private static void refused(Connection c, String sql) {
    refused(c, sql, "42501", "42704", "0A000");
  }

  private static void refused(Connection c, String sql, String... states) {
    assertThatThrownBy(() -> Sql.run(c, sql))
        .as(sql)
        .isInstanceOfSatisfying(
            SQLException.class,
            e -> assertThat(SqlTrouble.state(e)).as(sql).isIn((Object[]) states));
  }
}
