package io.copyhold.tenants.store.postgres;

import static io.copyhold.tenants.store.postgres.StoreFixture.fence;
import static io.copyhold.tenants.store.postgres.StoreFixture.fresh;
import static io.copyhold.tenants.store.postgres.StoreFixture.script;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.Drift;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.LedgerRow;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A home goes back by undo scripts, shows what somebody changed in it, and answers questions. */
class WayBackTest {
  private static final Script V2 =
      script(2, "alter table invoice add column due date default current_date");
  private static final Script U2 = undo(2, "alter table invoice drop column due");

  private final StoreFixture fixture = StoreFixture.shared();
  private final DataStore store = fixture.store();
  private final String name = fresh("back");

  private static Script undo(int position, String sql) {
    return Script.of("invoicing", position, "" + position, "U" + position + "__test.sql", sql);
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void aVersionIsTakenBackOnceAndItsRowWithIt(Isolation isolation) throws SQLException {
    HomeRef home = fixture.homeWith(isolation, name, name);
    store.apply(home, V2, fence(name), LockPolicy.DEFAULT);
    try (Connection app = fixture.login(home, name)) {
      Sql.run(app, "insert into customer (id, name) values (1, 'kept')");
    }
    assertThat(store.undo(home, U2, back(1), LockPolicy.DEFAULT).already()).isFalse();
    assertThat(store.undo(home, U2, back(2), LockPolicy.DEFAULT).already()).isTrue();
    assertThat(store.ledger(home)).extracting(LedgerRow::position).containsExactly(1);
    assertThat(store.state(home).orElseThrow().version()).isEqualTo("1");
    try (Connection app = fixture.login(home, name)) {
      assertThat(Sql.strings(app, "select name from customer")).containsExactly("kept");
    }
    assertThat(store.verifyIsolation(home)).isEmpty();
    assertThat(
            store.apply(home, V2, fence(name, "migrate/9", 1, 1, 1), LockPolicy.DEFAULT).already())
        .isFalse();
  }

  @Test
  void onlyTheLastVersionIsTakenBackAndAFailureLeavesAllAsItWas() {
    HomeRef home = fixture.homeWith(Isolation.SCHEMA, name, name);
    store.apply(home, V2, fence(name), LockPolicy.DEFAULT);
    refused(
        "out-of-order", () -> store.undo(home, undo(1, "select 1"), back(1), LockPolicy.DEFAULT));
    refused(
        "script-failed",
        () -> store.undo(home, undo(2, "drop table nothing"), back(2), LockPolicy.DEFAULT));
    assertThat(store.ledger(home)).hasSize(2);
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void whatSomebodyChangedBesideTheChangelogShowsUntilItIsAccepted(Isolation isolation)
      throws SQLException {
    HomeRef home = fixture.homeWith(isolation, name, name);
    assertThat(store.drift(home).known()).isFalse();
    store.remember(home, null, fence(name));
    assertThat(store.drift(home).known()).isTrue();
    assertThat(store.drift(home).none()).isTrue();
    String schema = store.connection(home, name).schema();
    try (Connection root = fixture.superuser(store.connection(home, name).database())) {
      String in = io.copyhold.runtime.postgres.Identifiers.quote(schema);
      Sql.run(root, "alter table " + in + ".invoice add column hand int");
      Sql.run(root, "alter table " + in + ".customer drop constraint customer_tenant_id_name_key");
      Sql.run(root, "create index by_hand on " + in + ".invoice (cents)");
    }
    Drift drift = store.drift(home);
    assertThat(drift.added())
        .containsExactly("column invoice.hand integer", "index by_hand " + "ON " + on(schema));
    assertThat(drift.removed())
        .containsExactly(
            "constraint customer.customer_tenant_id_name_key UNIQUE (tenant_id, name)");
    store.remember(home, null, fence(name));
    assertThat(store.drift(home).none()).as("remembering blindly accepts nothing").isFalse();
    refused("shape-changed", () -> store.remember(home, "0".repeat(64), fence(name)));
    store.remember(home, drift.digest(), fence(name));
    assertThat(store.drift(home).none()).isTrue();
  }

  private static String on(String schema) {
    return io.copyhold.runtime.postgres.Identifiers.quote(schema).equals("\"" + schema + "\"")
            && !schema.matches("[a-z_][a-z0-9_]*")
        ? "\"" + schema + "\".invoice USING btree (cents)"
        : schema + ".invoice USING btree (cents)";
  }

  @Test
  void whileAMigrationStandsHalfWayNothingIsTakenForDrift() {
    HomeRef home = fixture.homeWith(Isolation.SCHEMA, name, name);
    store.remember(home, null, fence(name));
    store.apply(home, V2, fence(name), LockPolicy.DEFAULT);
    assertThat(store.drift(home).known()).isFalse();
    assertThat(store.drift(home).none()).isTrue();
  }

  @Test
  void aHomeAnswersOneQuestionAsItsApplicationWould() throws SQLException {
    HomeRef home = fixture.homeWith(Isolation.SCHEMA, name, name);
    try (Connection app = fixture.login(home, name)) {
      Sql.run(app, "insert into customer (id, name) values (1, 'one'), (2, 'two')");
    }
    Duration limit = Duration.ofSeconds(5);
    assertThat(store.ask(home, "select count(*) = 2 from customer", limit)).contains("t");
    assertThat(store.ask(home, "select name from customer where id = 9", limit)).isEmpty();
    refused("probe-failed", () -> store.ask(home, "select 1 / 0", limit));
    refused("probe-failed", () -> store.ask(home, "select pg_sleep(60)", Duration.ofMillis(200)));
    refused("probe-failed", () -> store.ask(home, "select * from copyhold.ledger", limit));
    refused(
        "probe-failed",
        () ->
            store.ask(
                home, "with gone as (delete from customer returning 1) select 1 from gone", limit));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "delete from customer",
        "select 1; reset role",
        "reset role",
        "set role postgres",
        "select set_config('role', 'none', true)",
        "select pg_read_file('/etc/passwd')",
        "begin",
        ""
      })
  void whatIsNotAQuestionIsRefused(String query) {
    HomeRef home = fixture.homeWith(Isolation.SCHEMA, name, name);
    refused("probe-refused", () -> store.ask(home, query, Duration.ofSeconds(5)));
  }

  private Fence back(long attempt) {
    return fence(name, "migrate/7", 1, attempt, 1);
  }

  private static void refused(String code, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
  }
}
