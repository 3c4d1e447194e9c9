package io.copyhold.tenants.store.postgres;

import static io.copyhold.tenants.store.postgres.ScriptsTest.problem;
import static io.copyhold.tenants.store.postgres.StoreFixture.PASSWORD;
import static io.copyhold.tenants.store.postgres.StoreFixture.fence;
import static io.copyhold.tenants.store.postgres.StoreFixture.fresh;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.postgres.Identifiers;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.Adoption;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.Inventory;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An application that was there long before Copyhold. */
class AdoptionTest {
  private final StoreFixture fixture = StoreFixture.shared();
  private final DataStore store = fixture.store();
  private final String legacy = fresh("legacy");
  private final String owner = legacy + "_owner";

  @BeforeEach
  void anOldApplication() throws SQLException {
    try (Connection c = fixture.superuser("postgres")) {
      Sql.run(c, "create role " + Identifiers.quote(owner) + " login password 'old'");
      Sql.run(
          c, "create database " + Identifiers.quote(legacy) + " owner " + Identifiers.quote(owner));
      Sql.run(
          c,
          "grant "
              + Identifiers.quote(owner)
              + " to "
              + Identifiers.quote(fixture.address().user()));
    }
    try (Connection c = fixture.superuser(legacy)) {
      Sql.run(c, "set role " + Identifiers.quote(owner));
      Sql.run(
          c,
          """
          create table client (id serial primary key, name text unique);
          insert into client (name) values ('Ann'), ('Bob');
          create table log (line text);
          create view names as select name from client;
          create function shout(t text) returns text language sql security definer return upper(t);
          create schema sales;
          create table sales.deal (id int primary key, tenant_id text);
          analyze;
          """);
    }
  }

  private Adoption adoption(String schema, String password) {
    return new Adoption(legacy, "legacy-app", "7", 7, legacy, schema, password);
  }

  @Test
  void anInventoryTellsWhatIsThereAndChangesNothing() throws SQLException {
    List<String> before = catalog();
    Inventory all = store.inventory(legacy, null);
    assertThat(all.tables())
        .extracting(t -> t.schema() + "." + t.name())
        .containsExactly("public.client", "public.log", "sales.deal");
    Inventory.Table client = all.tables().getFirst();
    assertThat(client.primaryKey()).containsExactly("id");
    assertThat(client.rowsEstimated()).isEqualTo(2);
    assertThat(client.owner()).isEqualTo(owner);
    assertThat(client.sizeBytes()).isPositive();
    assertThat(all.views()).containsExactly("public.names");
    assertThat(all.functions()).hasSize(1).first().asString().contains("shout");
    assertThat(all.owners()).containsExactly(owner);
    assertThat(all.blocksAdoption()).isEmpty();
    assertThat(all.blocksPooling())
        .extracting(Problem::code)
        .contains(
            "tenant-column-missing",
            "tenant-column-nullable",
            "key-without-tenant",
            "view-not-invoker",
            "security-definer");
    assertThat(store.inventory(legacy, "sales").tables()).hasSize(1);
    assertThat(catalog()).isEqualTo(before);
    assertThat(problem(() -> store.inventory(legacy, "nosuch")).code()).isEqualTo("schema-missing");
    assertThat(problem(() -> store.inventory("nosuch", null)).code()).isEqualTo("database-missing");
  }

  @Test
  void anAdoptedDatabaseGoesOnAndIsGivenBack() throws SQLException {
    List<String> before = catalog();
    HomeRef home = fixture.home(Isolation.DATABASE, legacy);
    for (int again = 0; again < 2; again++) {
      store.adopt(home, adoption("public", PASSWORD), fence(legacy));
    }
    assertThat(store.state(home).orElseThrow().adopted()).isTrue();
    assertThat(store.state(home).orElseThrow().version()).isEqualTo("7");
    Script old = Script.of("legacy-app", 6, "6", "V6__x.sql", "select 1");
    assertThat(store.apply(home, old, fence(legacy), LockPolicy.DEFAULT).already()).isTrue();
    Script next =
        Script.of("legacy-app", 8, "8", "V8__x.sql", "alter table client add column vip boolean");
    assertThat(store.apply(home, next, fence(legacy), LockPolicy.DEFAULT).already()).isFalse();
    assertThat(fixture.anotherNode().ledger(home)).hasSize(2);
    try (Connection c = fixture.login(home, legacy)) {
      assertThat(Sql.strings(c, "select name from client order by 1"))
          .containsExactly("Ann", "Bob");
      Sql.run(c, "insert into client (name, vip) values ('Cid', true)");
    }
    assertThat(store.digest(home, legacy).tables().get("client").count()).isEqualTo(3);
    assertThat(problem(() -> store.dropHome(home, fence(legacy))).code()).isEqualTo("home-adopted");

    try (Connection c = fixture.superuser(legacy)) {
      Sql.run(c, "alter table client drop column vip; delete from client where name = 'Cid'");
    }
    for (int again = 0; again < 2; again++) {
      store.release(home, fence(legacy));
    }
    assertThat(catalog()).isEqualTo(before);
    assertThat(store.state(home)).isEmpty();
  }

  @Test
  void anAdoptedSchemaOfAnotherDatabaseIsFoundAgain() throws SQLException {
    HomeRef home = fixture.home(Isolation.SCHEMA, legacy);
    store.adopt(home, adoption("sales", null), fence(legacy));
    DataStore other = fixture.anotherNode();
    Script next = Script.of("legacy-app", 8, "8", "V8__x.sql", "create table more (id int)");
    other.apply(home, next, fence(legacy), LockPolicy.DEFAULT);
    try (Connection c = fixture.superuser(legacy)) {
      assertThat(
              Sql.strings(
                  c,
                  "select tableowner::text from pg_tables where schemaname = 'sales' and tablename = 'more'"))
          .containsExactly(owner);
      assertThat(Sql.any(c, "select from pg_roles where rolname = ?", "t_" + legacy)).isFalse();
    }
    store.release(home, fence(legacy));
  }

  @Test
  void whatCannotBeAdoptedIsRefusedWithTheReason() throws SQLException {
    HomeRef home = fixture.home(Isolation.DATABASE, legacy);
    try (Connection c = fixture.superuser(legacy)) {
      Sql.run(c, "create table alien (id int)");
    }
    assertThat(store.inventory(legacy, "public").blocksAdoption())
        .extracting(Problem::code)
        .containsExactlyInAnyOrder("several-owners", "owned-by-superuser");
    assertThat(problem(() -> store.adopt(home, adoption("public", null), fence(legacy))).code())
        .isEqualTo("several-owners");
    try (Connection c = fixture.superuser(legacy)) {
      Sql.run(c, "drop table alien");
      Sql.run(
          c,
          "revoke "
              + Identifiers.quote(owner)
              + " from "
              + Identifiers.quote(fixture.address().user()));
    }
    assertThat(problem(() -> store.adopt(home, adoption("public", null), fence(legacy))).code())
        .isEqualTo("not-member-of-owner");
    assertThat(store.state(home)).isEmpty();
    HomeRef pool = fixture.home(Isolation.POOL, legacy);
    assertThat(problem(() -> store.adopt(pool, adoption("public", null), fence(legacy))).code())
        .isEqualTo("pool-not-adoptable");
  }

  /** Everything that adoption could touch: schemas, rights, roles. */
  private List<String> catalog() throws SQLException {
    try (Connection c = fixture.superuser(legacy)) {
      return Sql.strings(
          c,
          """
          select 'schema ' || nspname || coalesce(nspacl::text, '') from pg_namespace where nspname !~ '^pg_'
          union all select 'table ' || relname || coalesce(relacl, acldefault(case relkind when 'S' then 's' else 'r' end::"char", relowner))::text || relowner from pg_class
            where relnamespace::regnamespace::text !~ '^pg_|information_schema'
          union all select 'database ' || coalesce(datacl, acldefault('d', datdba))::text from pg_database where datname = current_database()
          union all select 'default ' || d::text from pg_default_acl d
          union all select 'role ' || rolname from pg_roles where rolname like '%' || current_database() || '%'
          union all select 'policy ' || polname from pg_policy
          order by 1
          """);
    }
  }
}
