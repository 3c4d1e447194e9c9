package io.copyhold.tenants.store.postgres;

import static io.copyhold.tenants.store.postgres.StoreFixture.CUSTOMERS;
import static io.copyhold.tenants.store.postgres.StoreFixture.PASSWORD;
import static io.copyhold.tenants.store.postgres.StoreFixture.fence;
import static io.copyhold.tenants.store.postgres.StoreFixture.fresh;
import static io.copyhold.tenants.store.postgres.StoreFixture.script;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.LedgerRow;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A tenant's whole life in each strategy: in, migrate, work, suspended, resumed, out, nothing left.
 */
class StrategiesTest {
  private final StoreFixture fixture = StoreFixture.shared();
  private final DataStore store = fixture.store();

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void aTenantLivesAndLeavesNothing(Isolation isolation) throws SQLException {
    String tenant = fresh("acme");
    List<String> before = objects();
    HomeRef home = fixture.home(isolation, tenant);

    for (int again = 0; again < 2; again++) { // every method is safe to repeat
      store.createHome(home, "invoicing", fence(tenant));
    }
    for (int again = 0; again < 2; again++) {
      store.addTenant(home, tenant, PASSWORD, fence(tenant));
    }
    assertThat(store.apply(home, script(1, CUSTOMERS), fence(tenant), LockPolicy.DEFAULT).already())
        .isFalse();
    assertThat(store.apply(home, script(1, CUSTOMERS), fence(tenant), LockPolicy.DEFAULT).already())
        .isTrue();
    store.apply(
        home,
        script(2, "alter table invoice add column due date;"),
        fence(tenant),
        LockPolicy.DEFAULT);
    assertThat(store.ledger(home)).extracting(LedgerRow::position).containsExactly(1, 2);
    assertThat(store.verifyIsolation(home)).isEmpty();
    assertThat(store.state(home).orElseThrow().position()).isEqualTo(2);

    try (Connection c = fixture.login(home, tenant)) {
      Sql.run(c, "insert into customer (id, name) values (1, 'Ann'), (2, 'Bob')");
      Sql.run(
          c,
          "insert into invoice (customer, cents) select 1 + n % 2, n from generate_series(1, 100) n");
      Sql.run(c, "update invoice set due = '2026-12-01' where cents > 50");
      Sql.run(c, "delete from invoice where cents = 7");
      assertThat(Sql.strings(c, "select distinct tenant_id from invoice")).containsExactly(tenant);
      assertThat(Sql.strings(c, "select count(*)::text from invoice")).containsExactly("99");
    }
    assertThat(store.digest(home, tenant).rows()).isEqualTo(101);
    assertThat(store.sizeBytes(home)).isPositive();

    try (Connection c = fixture.login(home, tenant)) {
      store.suspendTenant(home, tenant, fence(tenant));
      assertThatThrownBy(() -> Sql.run(c, "select 1")).isInstanceOf(SQLException.class);
    }
    assertThatThrownBy(() -> fixture.login(home, tenant)).isInstanceOf(SQLException.class);
    store.resumeTenant(home, tenant, fence(tenant));
    fixture.login(home, tenant).close();

    for (int again = 0; again < 2; again++) {
      store.removeTenant(home, tenant, fence(tenant));
    }
    for (int again = 0; again < 2; again++) {
      store.dropHome(home, fence(tenant));
    }
    assertThat(objects()).isEqualTo(before);
    assertThat(store.ledger(home)).isEmpty();
    assertThat(store.state(home)).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void equalRowsHaveEqualDigestsInEveryStrategy(Isolation isolation) throws SQLException {
    String tenant = fresh("same");
    HomeRef home = fixture.homeWith(isolation, fresh("home"), tenant);
    try (Connection c = fixture.login(home, tenant)) {
      Sql.run(
          c,
          "insert into customer (tenant_id, id, name) select copyhold.tenant(), n, 'c' || n from generate_series(1, 50) n");
    }
    var customers = store.digest(home, tenant).tables().get("customer");
    assertThat(customers.count()).isEqualTo(50);
    try (Connection c = fixture.login(home, tenant)) {
      Sql.run(c, "delete from customer where id > 25");
      Sql.run(
          c,
          "insert into customer (id, name) select n, 'c' || n from generate_series(50, 26, -1) n");
      assertThat(store.digest(home, tenant).tables().get("customer")).isEqualTo(customers);
      Sql.run(c, "update customer set name = 'C' where id = 9");
    }
    assertThat(store.digest(home, tenant).tables().get("customer")).isNotEqualTo(customers);
    store.removeTenant(home, tenant, fence(tenant));
    store.dropHome(home, fence(tenant, "offboard/1", 1, 1, 1));
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void manyTenantsComeAndGoAtOnce(Isolation isolation) throws Exception {
    HomeRef pool = isolation == Isolation.POOL ? fixture.homeWith(isolation, fresh("pool")) : null;
    List<Callable<String>> lives = new ArrayList<>();
    for (int n = 0; n < 8; n++) {
      String tenant = fresh("many");
      lives.add(() -> {
        HomeRef home = pool == null ? fixture.homeWith(isolation, tenant, tenant) : pool;
        store.addTenant(home, tenant, PASSWORD, fence(tenant));
        try (Connection c = fixture.login(home, tenant)) {
          Sql.run(c, "insert into customer (id, name) values (1, 'x')");
        }
        store.removeTenant(home, tenant, fence(tenant));
        if (pool == null) {
          store.dropHome(home, fence(tenant));
        }
        return tenant;
      });
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Future<String> life : threads.invokeAll(lives)) {
        assertThat(life.get(120, TimeUnit.SECONDS)).startsWith("many");
      }
    }
  }

  /** Roles, databases and schemas of the server. */
  private List<String> objects() throws SQLException {
    try (Connection c = fixture.superuser(fixture.address().sharedDatabase())) {
      return Sql.strings(
          c,
          "select 'role ' || rolname from pg_roles union all select 'database ' || datname from"
              + " pg_database union all select 'schema ' || nspname from pg_namespace where nspname !~"
              + " '^pg_(toast_)?temp' order by 1");
    }
  }
}
