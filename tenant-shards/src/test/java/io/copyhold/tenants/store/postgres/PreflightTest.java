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
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every way in is planted on a real server and must be found, and a script that opens one must
 * leave nothing.
 */
class PreflightTest {
  private final StoreFixture fixture = StoreFixture.shared();
  private final DataStore store = fixture.store();

  /** Planted by a script of the changelog: refused, and rolled back. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          tenant-column-missing      | create table bare (id bigint primary key)
          tenant-column-missing      | create table odd (tenant_id int not null, primary key (tenant_id))
          tenant-column-missing      | alter table invoice drop column tenant_id cascade
          tenant-column-nullable     | create table loose (tenant_id text default copyhold.tenant(), id int)
          tenant-default-missing     | create table plain (tenant_id text not null, id int, primary key (tenant_id, id))
          tenant-default-missing     | alter table invoice alter tenant_id set default 'acme'
          key-without-tenant         | create table k (tenant_id text not null default copyhold.tenant(), id int primary key)
          key-without-tenant         | create unique index sneaky on customer (name)
          key-without-tenant         | alter table customer add constraint one unique (id)
          key-without-tenant         | create unique index included on customer (name) include (tenant_id)
          key-without-tenant         | create table e (tenant_id text not null default copyhold.tenant(), r int4range, exclude using gist (r with &&))
          foreign-key-without-tenant | create table f (tenant_id text not null default copyhold.tenant(), o text, c bigint, foreign key (o, c) references customer)
          view-not-invoker           | create view open as select * from customer
          view-not-invoker           | create view open with (security_invoker = false) as select * from customer
          materialized-view          | create materialized view copied as select * from customer
          security-definer           | create function all_names() returns setof text language sql security definer begin atomic select name from customer; end
          security-definer           | create procedure wipe() language plpgsql security definer as 'begin delete from customer; end'
          rule-on-table              | create rule r as on delete to customer do also select 1
          unlogged-table             | alter table invoice set unlogged
          policy-bare-setting        | create policy p on customer using (tenant_id = current_setting('app.tenant', true))
          policy-bare-setting        | create policy p on customer as restrictive using (tenant_id <> current_user)
          policy-permissive          | create policy p on customer using (true)
          policy-changed             | alter policy copyhold_tenant on customer using (true)
          policy-changed             | alter policy copyhold_tenant on customer to current_user
          policy-changed             | alter policy copyhold_migration on customer to public
          policy-changed             | drop policy copyhold_tenant on customer; create policy copyhold_tenant on customer using (true)
          table-privileges           | grant truncate on customer to public
          table-privileges           | grant select (name) on customer to public
          table-privileges           | grant select on customer to pg_monitor
          default-privileges         | alter default privileges grant select on tables to public
          schema-privileges          | grant usage on schema %s to public
          """)
  void aScriptThatOpensAWayInIsRolledBack(String code, String plant) {
    String pool = fresh("pool");
    HomeRef home = fixture.homeWith(Isolation.POOL, pool);
    Place place = Place.of(home, fixture.address().sharedDatabase());
    String sql = plant.replace("%s", Identifiers.quote(place.schema()));

    assertThatThrownBy(() -> store.apply(home, script(2, sql), fence(pool), LockPolicy.DEFAULT))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.problem().code()).isEqualTo("isolation-broken");
              assertThat(e.problem().what()).contains(code);
              assertThat(e.problem().where()).contains("V2__test.sql");
            });

    assertThat(store.verifyIsolation(home)).isEmpty();
    assertThat(store.ledger(home)).hasSize(1);
  }

  /** Done behind Copyhold's back, by somebody with more rights. */
  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          rls-off                | alter table %s.customer disable row level security
          rls-not-forced         | alter table %s.customer no force row level security
          policy-missing         | drop policy copyhold_tenant on %s.customer
          policy-missing         | create table %s.more (tenant_id text not null default copyhold.tenant(), primary key (tenant_id))
          table-owner            | create table %s.alien (tenant_id text not null default copyhold.tenant(), primary key (tenant_id))
          foreign-table          | create extension if not exists postgres_fdw; create server if not exists s foreign data wrapper postgres_fdw; create foreign table %s.far (tenant_id text) server s
          table-outside          | create schema %s_x; create table %s_x.child () inherits (%s.customer)
          view-not-invoker       | create schema %s_y; create view %s_y.v as select * from %s.customer
          role-bypasses-security | alter role %owner bypassrls
          role-bypasses-security | alter role %login superuser
          role-bypasses-security | grant pg_read_all_data to %app
          role-other-groups      | grant pg_monitor to %login
          role-owns-tables       | grant %owner to pg_monitor
          table-privileges       | grant truncate on %s.customer to %app
          table-privileges       | grant trigger, references on %s.customer to %app
          table-privileges       | grant select on %s.customer to %login
          schema-privileges      | grant create on schema %s to %app
          """)
  void whatSomebodyElseOpenedIsFound(String code, String plant) throws SQLException {
    String tenant = fresh("t");
    HomeRef home = fixture.homeWith(Isolation.POOL, fresh("pool"), tenant);
    Place place = Place.of(home, fixture.address().sharedDatabase());
    assertThat(store.verifyIsolation(home)).isEmpty();

    superuser(place.database(), fill(plant, place, tenant));

    List<Problem> found = store.verifyIsolation(home);
    assertThat(found).extracting(Problem::code).contains(code);
    assertThat(found).allSatisfy(p -> assertThat(p.where()).startsWith(place.key() + ": "));
    assertThat(found).allSatisfy(p -> assertThat(p.todo()).isNotBlank());
    superuser(
        place.database(),
        fill("alter role %owner nobypassrls; alter role %login nosuperuser", place, tenant));
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          connect-public         | grant connect on database %d to public
          public-schema-open     | grant create on schema public to public
          role-bypasses-security | alter role %login bypassrls
          schema-privileges      | grant usage on schema %s to public
          table-privileges       | grant select on %s.customer to public
          foreign-table          | create extension postgres_fdw; create server s foreign data wrapper postgres_fdw; create foreign table %s.far (a text) server s
          """)
  void aDatabaseOfItsOwnIsCheckedToo(String code, String plant) throws SQLException {
    String tenant = fresh("own");
    HomeRef home = fixture.homeWith(Isolation.DATABASE, tenant, tenant);
    Place place = Place.of(home, fixture.address().sharedDatabase());
    assertThat(store.verifyIsolation(home)).isEmpty();
    superuser(place.database(), fill(plant, place, tenant));
    assertThat(store.verifyIsolation(home)).extracting(Problem::code).contains(code);
    store.dropHome(home, fence(tenant));
  }

  @Test
  void whatIsHarmlessPasses() {
    String pool = fresh("pool");
    HomeRef home = fixture.homeWith(Isolation.POOL, pool);
    store.apply(
        home,
        script(
            2,
            """
            create view fine with (security_invoker = on) as select * from customer;
            create policy narrower on customer as restrictive using (id > 0);
            create index on customer (name);
            create table parted (
              tenant_id text not null default copyhold.tenant(), day date not null, n int,
              primary key (tenant_id, day)) partition by range (day);
            create table parted_2026 partition of parted for values from ('2026-01-01') to ('2027-01-01');
            create function add(a int, b int) returns int language sql return a + b;
            create type mood as enum ('good', 'bad');
            create function touch() returns trigger language plpgsql as 'begin return new; end';
            create trigger touched before update on customer for each row execute function touch();
            """),
        fence(pool),
        LockPolicy.DEFAULT);
    assertThat(store.verifyIsolation(home)).isEmpty();
  }

  private static String fill(String sql, Place place, String tenant) {
    return sql.replace("%s_x", Identifiers.quote(place.schema() + "_x"))
        .replace("%s_y", Identifiers.quote(place.schema() + "_y"))
        .replace("%s", Identifiers.quote(place.schema()))
        .replace("%d", Identifiers.quote(place.database()))
        .replace("%owner", Identifiers.quote(place.owner()))
        .replace("%app", Identifiers.quote(place.app()))
        .replace("%login", Identifiers.quote(Place.login(tenant)));
  }

  private void superuser(String database, String sql) throws SQLException {
    try (Connection c = fixture.superuser(database)) {
      Sql.run(c, sql);
    }
  }
}
