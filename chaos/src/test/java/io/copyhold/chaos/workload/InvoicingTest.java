package io.copyhold.chaos.workload;

import static io.copyhold.tenants.store.postgres.StoreFixture.PASSWORD;
import static io.copyhold.tenants.store.postgres.StoreFixture.fence;
import static io.copyhold.tenants.store.postgres.StoreFixture.fresh;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.chaos.workload.Invoicing.Size;
import io.copyhold.chaos.workload.Invoicing.Totals;
import io.copyhold.chaos.workload.Invoicing.Version;
import io.copyhold.tenants.changelog.ScriptName;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.postgres.StoreFixture;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InvoicingTest {
  private static final Size SIZE = new Size(30, 12, 80);
  private static final List<Version> VERSIONS = Invoicing.versions();

  private final StoreFixture fixture = StoreFixture.shared();
  private final DataStore store = fixture.store();

  @Test
  void filesAreNamedAsFlywayNamesThem() {
    assertThat(VERSIONS).extracting(Version::version).containsExactly("1", "2", "3", "4", "5");
    assertThat(VERSIONS)
        .allSatisfy(v -> assertThat(ScriptName.parse(v.file()).version()).isEqualTo(v.version()));
  }

  @Test
  void oneSeedHasOneTotalAndAnotherHasAnother() {
    Totals totals = Invoicing.expected(7, SIZE);
    assertThat(Invoicing.expected(7, SIZE)).isEqualTo(totals);
    assertThat(Invoicing.expected(8, SIZE).checksum()).isNotEqualTo(totals.checksum());
    assertThat(totals.customers()).isEqualTo(30);
    assertThat(totals.invoices()).isEqualTo(80);
    assertThat(totals.lines()).isBetween(80L, 400L);
    assertThat(totals.payments()).isBetween(1L, 80L);
    assertThat(totals.paidCents()).isPositive().isLessThan(totals.billedCents());
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void theSeedsRowsAreThereInEveryStrategyAndSurviveVersions4And5(Isolation isolation)
      throws SQLException {
    String tenant = fresh("acme");
    String neighbour = isolation.ownHome() ? "" : fresh("beta");
    HomeRef home = fixture.home(isolation, fresh("books"));
    store.createHome(home, Invoicing.CHANGELOG, fence(tenant));
    apply(home, tenant, 1, 3);
    store.addTenant(home, tenant, PASSWORD, fence(tenant));
    Totals expected = Invoicing.expected(7, SIZE);
    if (!neighbour.isEmpty()) {
      store.addTenant(home, neighbour, PASSWORD, fence(neighbour));
      try (Connection c = fixture.login(home, neighbour)) {
        assertThat(Invoicing.load(c, 8, Size.SMALL)).isEqualTo(Invoicing.expected(8, Size.SMALL));
      }
    }

    try (Connection c = fixture.login(home, tenant)) {
      assertThat(Invoicing.totals(c)).isEqualTo(Totals.none());
      assertThat(Invoicing.load(c, 7, SIZE)).isEqualTo(expected);
      Invoicing.pay(c, Invoicing.FIRST_LIVE_PAYMENT, 12_50);
      assertThat(Invoicing.totals(c)).isEqualTo(expected);
    }
    apply(home, tenant, 4, 5);

    try (Connection c = fixture.login(home, tenant)) {
      assertThat(Invoicing.totals(c)).isEqualTo(expected);
      assertThat(number(c, "select count(*) from invoice where due_on = issued_on + 30"))
          .isEqualTo(expected.invoices());
      assertThat(number(c, "select count(*) from invoice_line where tax_basis_points = 1900"))
          .isEqualTo(expected.lines());
      assertThat(number(c, "select count(*) from note")).isZero();
      assertThat(number(c, "select count(distinct tenant_id) from payment")).isOne();
    }
    if (!neighbour.isEmpty()) {
      try (Connection c = fixture.login(home, neighbour)) {
        assertThat(Invoicing.totals(c)).isEqualTo(Invoicing.expected(8, Size.SMALL));
        assertThat(number(c, "select count(*) from invoice where due_on is null")).isZero();
      }
    }
    assertThat(store.verifyIsolation(home)).isEmpty();
    assertThat(store.ledger(home)).hasSize(5);
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void aChangedRowChangesTheTotals(Isolation isolation) throws SQLException {
    String tenant = fresh("acme");
    HomeRef home = fixture.home(isolation, fresh("books"));
    store.createHome(home, Invoicing.CHANGELOG, fence(tenant));
    apply(home, tenant, 1, 3);
    store.addTenant(home, tenant, PASSWORD, fence(tenant));
    try (Connection c = fixture.login(home, tenant);
        Statement s = c.createStatement()) {
      Totals loaded = Invoicing.load(c, 7, SIZE);
      s.executeUpdate("update customer set city = 'Elsewhere' where id = 3");
      assertThat(Invoicing.totals(c)).isNotEqualTo(loaded);
    }
  }

  private void apply(HomeRef home, String owner, int from, int to) {
    for (Version v : VERSIONS.subList(from - 1, to)) {
      store.apply(
          home,
          Script.of(
              Invoicing.CHANGELOG, Integer.parseInt(v.version()), v.version(), v.file(), v.sql()),
          fence(owner),
          LockPolicy.DEFAULT);
    }
  }

  private static long number(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      r.next();
      return r.getLong(1);
    }
  }
}
