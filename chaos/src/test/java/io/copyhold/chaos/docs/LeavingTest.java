package io.copyhold.chaos.docs;

import static io.copyhold.tenants.store.postgres.StoreFixture.PASSWORD;
import static io.copyhold.tenants.store.postgres.StoreFixture.fence;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.chaos.workload.Invoicing.Size;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Runs the SQL of docs/leaving.md on a store with a home of each kind. */
class LeavingTest {
  private static final String ROLES = "select rolname, shobj_description";
  private static final String KEEP = "create schema tenancy";
  private static final String DATABASES = "select format('drop database";
  private static final String SHARED = "drop database copyhold_homes";
  private static final String DROP_ROLES = "do $$";

  private final StoreFixture fixture =
      StoreFixture.on(StoreFixture.server(), "createdb createrole");
  private final DataStore store = fixture.store();
  private final String shared = fixture.address().sharedDatabase();
  private final Map<HomeRef, List<String>> homes =
      new TreeMap<>(java.util.Comparator.comparing(HomeRef::toString));

  private static String block(String beginning) throws Exception {
    return Page.sql("leaving.md").stream()
        .filter(sql -> sql.lines().anyMatch(line -> line.startsWith(beginning)))
        .findFirst()
        .orElseThrow(() -> new AssertionError("leaving.md has no SQL with " + beginning));
  }

  @Test
  void everyBlockOfThePageIsRunHere() throws Exception {
    assertThat(Page.sql("leaving.md")).hasSize(5);
    for (String beginning : List.of(ROLES, KEEP, DATABASES, SHARED, DROP_ROLES)) {
      assertThat(block(beginning)).isNotBlank();
    }
  }

  @Test
  void withoutCopyholdsSchemaApplicationsGoOnAndAreKeptApart() throws Exception {
    fill();
    List<String> databases = new ArrayList<>(List.of(shared));
    homes.keySet().stream()
        .filter(home -> home.isolation() == Isolation.DATABASE)
        .forEach(home -> databases.add(home.name()));
    // what the logins are is asked of the store, so before its book is gone
    Map<String, Login> logins = logins();

    for (String database : databases) {
      try (Connection c = fixture.superuser(database)) {
        execute(c, block(KEEP));
        assertThat(strings(c, "select 1::text from pg_namespace where nspname = 'copyhold'"))
            .isEmpty();
      }
    }

    for (Map.Entry<String, Login> entry : logins.entrySet()) {
      try (Connection c = entry.getValue().connect()) {
        assertThat(Invoicing.totals(c))
            .isEqualTo(Invoicing.expected(seed(entry.getKey()), Size.SMALL));
        Invoicing.pay(c, Invoicing.FIRST_LIVE_PAYMENT, 100);
        assertThat(strings(c, "select distinct tenant_id from payment"))
            .containsExactly(entry.getKey());
      }
    }
    try (Connection c = logins.get(tenant(Isolation.POOL, 1)).connect()) {
      assertThatThrownBy(() ->
              execute(
                  c,
                  "insert into customer (tenant_id, id, name, email, city) values ('"
                      + tenant(Isolation.POOL, 2)
                      + "', 999, 'x', 'x', 'x')"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("row-level security");
    }
  }

  @Test
  void byHandNothingIsLeft() throws Exception {
    fill();
    assertThat(ours()).isNotEmpty();
    List<String> statements;
    try (Connection c = fixture.superuser(shared)) {
      statements = strings(c, block(DATABASES));
    }
    assertThat(statements).hasSize(1);
    try (Connection c = fixture.superuser("postgres")) {
      for (String statement : statements) {
        execute(c, statement);
      }
      execute(c, block(SHARED).replace("copyhold_homes", '"' + shared + '"'));
      // the server is shared with other tests: only the roles of this store
      String mine = String.join("', '", ours());
      execute(
          c,
          block(DROP_ROLES)
              .replace("like 'copyhold %'", "like 'copyhold %' and rolname in ('" + mine + "')"));
      assertThat(strings(c, "select datname from pg_database where datname = '" + shared + "'"))
          .isEmpty();
    }
    assertThat(ours()).isEmpty();
  }

  private record Login(StoreFixture fixture, String database, String user) {
    Connection connect() throws SQLException {
      return StoreFixture.server()
          .withName(database)
          .withUser(user, () -> PASSWORD)
          .connect("application");
    }
  }

  private Map<String, Login> logins() {
    Map<String, Login> logins = new TreeMap<>();
    homes.forEach((home, tenants) -> {
      for (String tenant : tenants) {
        var info = store.connection(home, tenant);
        logins.put(tenant, new Login(fixture, info.database(), info.user()));
      }
    });
    return logins;
  }

  private void fill() throws SQLException {
    store.prepare();
    for (Isolation isolation : Isolation.values()) {
      HomeRef home = fixture.home(isolation, name(isolation));
      List<String> tenants =
          isolation.ownHome()
              ? List.of(tenant(isolation, 1))
              : List.of(tenant(isolation, 1), tenant(isolation, 2));
      homes.put(home, tenants);
      String owner = tenants.getFirst();
      store.createHome(home, Invoicing.CHANGELOG, fence(owner));
      for (Invoicing.Version version : Invoicing.versions()) {
        store.apply(
            home,
            Script.of(
                Invoicing.CHANGELOG,
                Integer.parseInt(version.version()),
                version.version(),
                version.file(),
                version.sql()),
            fence(owner),
            LockPolicy.DEFAULT);
      }
      for (String tenant : tenants) {
        store.addTenant(home, tenant, PASSWORD, fence(tenant));
        try (Connection c = fixture.login(home, tenant)) {
          Invoicing.load(c, seed(tenant), Size.SMALL);
        }
      }
    }
  }

  /** Names that no other test has: the shared database's number is in them. */
  private String name(Isolation isolation) {
    return isolation.name().toLowerCase(java.util.Locale.ROOT) + "_of_" + shared;
  }

  private String tenant(Isolation isolation, int number) {
    return name(isolation).replace('_', '-') + "-" + number;
  }

  private static long seed(String tenant) {
    return tenant.charAt(0) * 10L + tenant.charAt(tenant.length() - 1);
  }

  /** Roles of this store, found as the page says. */
  private List<String> ours() throws Exception {
    try (Connection c = fixture.superuser("postgres")) {
      String suffix = shared;
      return strings(c, block(ROLES)).stream()
          .filter(role -> role.contains(suffix) || role.contains(suffix.replace('_', '-')))
          .toList();
    }
  }

  private static void execute(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }

  private static List<String> strings(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      List<String> all = new ArrayList<>();
      while (r.next()) {
        all.add(r.getString(1));
      }
      return all;
    }
  }
}
