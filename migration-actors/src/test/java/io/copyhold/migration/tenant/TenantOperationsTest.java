package io.copyhold.migration.tenant;

import static io.copyhold.tenants.store.postgres.StoreFixture.CUSTOMERS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.migration.schema.Works;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.operation.StepHarness;
import io.copyhold.runtime.operation.StepHarness.Crash;
import io.copyhold.runtime.operation.StepHarness.Result;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.placement.Candidates;
import io.copyhold.tenants.placement.Claim;
import io.copyhold.tenants.placement.PlaceRequest;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.pool.PoolType;
import io.copyhold.tenants.store.LedgerRow;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.store.StoreType;
import io.copyhold.tenants.store.postgres.StoreFixture;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.Profile;
import io.copyhold.tenants.tenant.Tenant;
import io.copyhold.tenants.tenant.TenantCommand;
import io.copyhold.tenants.tenant.TenantType;
import io.copyhold.tenants.tenant.Wish;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every operation of tenants and pools on a real server, with a crash at each point. */
class TenantOperationsTest {
  private static final EntityRef STORE = StoreType.ref("store");

  private final Works works = new Works();
  private final String tenant = StoreFixture.fresh("acme");
  private final EntityRef ref = TenantType.ref(tenant);

  @BeforeEach
  void scripts() {
    works
        .shelf
        .add("V1__customers.sql", CUSTOMERS)
        .add("V2__due.sql", "alter table invoice add column due date;");
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void aTenantIsProvisionedWithACrashAtEveryPoint(Isolation isolation) throws SQLException {
    prepare(isolation);
    onboard(isolation);
    StepHarness harness = works.operation(ref, Crash.EVERYWHERE);
    Outcome outcome = harness.outcome();
    assertThat(outcome).isInstanceOf(Outcome.Done.class);
    works.world.settle(ref, "provision/1", outcome);

    Tenant.Live live = works.world.state(ref);
    HomeRef home = live.home().ref();
    assertThat(live.home().epoch()).isEqualTo(1);
    assertThat(works.store().ledger(home)).extracting(LedgerRow::version).containsExactly("1", "2");
    assertThat(works.store().verifyIsolation(home)).isEmpty();
    try (Connection c = works.login(home, tenant, Works.CANARY);
        Statement s = c.createStatement()) {
      s.execute("insert into customer (id, name) values (1, 'Ann')");
      try (ResultSet r = s.executeQuery("select tenant_id from customer")) {
        assertThat(r.next()).isTrue();
        assertThat(r.getString(1)).isEqualTo(tenant);
      }
    }
    assertThat(harness.journal()).doesNotContain(Works.CANARY);
    assertThat(summary(STORE, "homes")).isEqualTo(1);
    assertThat(summary(STORE, "reserved")).isZero();
    offboard();
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void undoneAfterAnyStepNothingIsLeft(Isolation isolation) throws SQLException {
    prepare(isolation);
    List<String> before = works.objects();
    long homesBefore = summary(STORE, "homes");
    onboard(isolation);
    int steps = works.operation(ref, Crash.NEVER).names().size();
    for (int end = 0; end <= steps; end++) {
      StepHarness harness = works.operation(ref, Crash.EVERYWHERE);
      assertThat(harness.forward(end)).isInstanceOf(Result.Done.class);
      harness.intend().backward();
      assertThat(works.objects()).as("after " + end + " steps").isEqualTo(before);
      assertThat(works.secrets.get(Home.password(tenant, end + 1))).isEmpty();
      assertThat(summary(STORE, "homes")).isEqualTo(homesBefore);
      assertThat(summary(STORE, "reserved")).isZero();
      for (Candidates.Candidate pool : works.pools) {
        assertThat(summary(PoolType.ref(pool.id()), "members")).isZero();
        assertThat(summary(PoolType.ref(pool.id()), "reserved")).isZero();
      }
      works.world.with(
          ref,
          new TenantCommand.RecordFailed(
              end + 1, Problem.conflict("undone", "for the test"), false));
      onboard(isolation);
    }
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void offboardingLeavesNothing(Isolation isolation) throws SQLException {
    prepare(isolation);
    List<String> before = works.objects();
    onboard(isolation);
    works.run(ref, Crash.NEVER);
    Tenant.Live live = works.world.state(ref);
    try (Connection c = works.login(live.home().ref(), tenant, Works.CANARY);
        Statement s = c.createStatement()) {
      s.execute(
          "insert into customer (id, name) select n, 'c' || n from generate_series(1, 300) n");
    }
    offboard();
    assertThat(works.objects()).isEqualTo(before);
    assertThat(works.world.<Tenant>state(ref)).isInstanceOf(Tenant.Offboarded.class);
    assertThat(works.secrets.get(Home.password(tenant, 1))).isEmpty();
  }

  @Test
  void anOffboardedTenantComesBackEmpty() throws SQLException {
    onboard(Isolation.SCHEMA);
    works.run(ref, Crash.NEVER);
    offboard();
    works.world.with(ref, new TenantCommand.Onboard(profile(), wish(Isolation.SCHEMA), true));
    works.run(ref, Crash.EVERYWHERE);
    Tenant.Live live = works.world.state(ref);
    assertThat(live.home().ref().name()).endsWith("__3");
    try (Connection c = works.login(live.home().ref(), tenant, Works.CANARY)) {
      assertThat(c.isValid(10)).isTrue();
    }
    offboard();
  }

  @ParameterizedTest
  @EnumSource(Isolation.class)
  void suspendingClosesLoginsAndResumingOpensThem(Isolation isolation) throws SQLException {
    prepare(isolation);
    onboard(isolation);
    works.run(ref, Crash.NEVER);
    HomeRef home = works.world.<Tenant.Live>state(ref).home().ref();
    works.world.with(ref, new TenantCommand.Suspend("unpaid"));
    works.run(ref, Crash.EVERYWHERE);
    assertThatThrownBy(() -> works.login(home, tenant, Works.CANARY))
        .isInstanceOf(SQLException.class);
    works.world.with(ref, new TenantCommand.Resume());
    works.run(ref, Crash.EVERYWHERE);
    works.login(home, tenant, Works.CANARY).close();
    offboard();
  }

  @Test
  void aSuspendThatIsUndoneLeavesLoginsOpen() throws SQLException {
    onboard(Isolation.SCHEMA);
    works.run(ref, Crash.NEVER);
    HomeRef home = works.world.<Tenant.Live>state(ref).home().ref();
    works.world.with(ref, new TenantCommand.Suspend("unpaid"));
    StepHarness harness = works.operation(ref, Crash.EVERYWHERE);
    harness.forward();
    harness.backward();
    works.login(home, tenant, Works.CANARY).close();
    works.world.with(
        ref, new TenantCommand.RecordFailed(2, Problem.conflict("undone", "for the test"), false));
    offboard();
  }

  @ParameterizedTest
  @EnumSource(
      value = Isolation.class,
      names = {"DATABASE", "SCHEMA"})
  void aScriptThatFailsMidwayLeavesNothing(Isolation isolation) throws SQLException {
    List<String> before = works.objects();
    works.shelf.add(
        "V3__broken.sql", "create table extra (id int primary key);\nselect no_such_function();");
    onboard(isolation);
    Outcome outcome = works.run(ref, Crash.EVERYWHERE);
    assertThat(outcome)
        .isInstanceOfSatisfying(
            Outcome.Undone.class,
            undone -> {
              assertThat(undone.problem().code()).isEqualTo("script-failed");
              assertThat(undone.problem().toString()).contains("V3__broken.sql");
            });
    assertThat(works.objects()).isEqualTo(before);
    assertThat(works.world.<Tenant>state(ref)).isInstanceOf(Tenant.ProvisioningFailed.class);
  }

  @ParameterizedTest
  @EnumSource(
      value = Isolation.class,
      names = {"DATABASE", "SCHEMA"})
  void aMigrationAppliesEachFileOnce(Isolation isolation) throws SQLException {
    onboard(isolation);
    works.run(ref, Crash.NEVER);
    works
        .shelf
        .add("V3__notes.sql", "alter table invoice add column note text;")
        .add("V4__index.sql", "create index on invoice (tenant_id, due);");
    works.world.with(ref, new TenantCommand.MigrateTo(works.shelf.target(), "test"));
    works.run(ref, Crash.EVERYWHERE);
    Tenant.Live live = works.world.state(ref);
    assertThat(live.home().version()).isEqualTo("4");
    assertThat(works.store().ledger(live.home().ref()))
        .extracting(LedgerRow::version)
        .containsExactly("1", "2", "3", "4");
    offboard();
  }

  @Test
  void aMigrationThatFailsKeepsWhatWentThrough() throws SQLException {
    onboard(Isolation.SCHEMA);
    works.run(ref, Crash.NEVER);
    works.shelf.add("V3__notes.sql", "alter table invoice add column note text;");
    works.shelf.add("V4__broken.sql", "alter table no_such_table add column x int;");
    works.world.with(ref, new TenantCommand.MigrateTo(works.shelf.target(), "test"));
    assertThat(works.run(ref, Crash.EVERYWHERE)).isInstanceOf(Outcome.Undone.class);
    Tenant.Live live = works.world.state(ref);
    assertThat(works.store().ledger(live.home().ref()))
        .extracting(LedgerRow::version)
        .containsExactly("1", "2", "3");
    works.world.with(ref, new TenantCommand.MigrateTo(works.shelf.target("3"), "again"));
    works.run(ref, Crash.NEVER);
    assertThat(works.world.<Tenant.Live>state(ref).home().version()).isEqualTo("3");
    offboard();
  }

  @Test
  void anAppliedFileThatChangedStopsTheMigration() throws SQLException {
    onboard(Isolation.SCHEMA);
    works.run(ref, Crash.NEVER);
    HomeRef home = works.world.<Tenant.Live>state(ref).home().ref();
    works.rows(
        "with changed as (update copyhold.ledger set checksum = 'x' where position = 2 and home like '%"
            + home.name()
            + "' returning 1) select count(*)::text from changed");
    works.shelf.add("V3__notes.sql", "alter table invoice add column note text;");
    works.world.with(ref, new TenantCommand.MigrateTo(works.shelf.target(), "test"));
    assertThat(works.run(ref, Crash.NEVER))
        .isInstanceOfSatisfying(
            Outcome.Undone.class,
            undone -> {
              assertThat(undone.problem().code()).isEqualTo("checksum-changed");
              assertThat(undone.problem().where()).contains("V2__due.sql");
            });
    assertThat(works.store().ledger(home)).hasSize(2);
    offboard();
  }

  @Test
  void aPoolMigratesAllItsTenantsAtOnce() throws SQLException {
    EntityRef pool = works.pool(StoreFixture.fresh("pool"));
    onboard(Isolation.POOL);
    works.run(ref, Crash.NEVER);
    works.shelf.add("V3__notes.sql", "alter table invoice add column note text;");
    works.world.with(pool, new Pool.Command.MigrateTo(works.shelf.target(), "test"));
    assertThat(works.run(pool, Crash.EVERYWHERE)).isInstanceOf(Outcome.Done.class);
    HomeRef home = works.world.<Tenant.Live>state(ref).home().ref();
    try (Connection c = works.login(home, tenant, Works.CANARY);
        Statement s = c.createStatement()) {
      s.execute("select note from invoice");
    }
    offboard();
  }

  @Test
  void aPoolIsMadeAndDroppedAndUndoneAfterAnyStep() throws SQLException {
    List<String> before = works.objects();
    String name = StoreFixture.fresh("pool");
    EntityRef pool = PoolType.ref(name);
    Pool.Spec spec = new Pool.Spec(name, "store", "eu", "gold", works.shelf.target(), 5, List.of());
    works.world.with(pool, new Pool.Command.Create(spec));
    int steps = works.operation(pool, Crash.NEVER).names().size();
    for (int end = 0; end <= steps; end++) {
      StepHarness harness = works.operation(pool, Crash.EVERYWHERE);
      harness.forward(end);
      harness.intend().backward();
      assertThat(works.objects()).as("after " + end + " steps").isEqualTo(before);
      works.world.with(
          pool,
          new Pool.Command.RecordCreateFailed(
              end + 1, Problem.conflict("undone", "for the test"), false),
          new Pool.Command.Create(spec));
    }
    works.run(pool, Crash.EVERYWHERE);
    assertThat(works.world.<Pool>state(pool)).isInstanceOf(Pool.Open.class);
    works.world.with(pool, new Pool.Command.Drop());
    works.run(pool, Crash.EVERYWHERE);
    assertThat(works.objects()).isEqualTo(before);
    assertThat(summary(STORE, "homes")).isZero();
  }

  @Test
  void aFullStoreHandsOnToTheNextCandidate() {
    works.world.with(
        StoreType.ref("other"),
        new Store.Command.Register(
            registrationOf(works.world.<Store.Registered>state(STORE), "other")),
        new Store.Command.RecordCheck(1, new Store.Health.Ready("PostgreSQL", "2", List.of())));
    works.stores.add(new Candidates.Candidate("other", 0, 100));
    works.world.with(
        STORE,
        new Store.Command.Place(
            new PlaceRequest.Reserve(new Claim("tenant/big", 1, 100), Duration.ofHours(1))));
    onboard(Isolation.SCHEMA);
    StepHarness harness = works.operation(ref, Crash.EVERYWHERE);
    assertThat(harness.forward(1))
        .isInstanceOfSatisfying(
            Result.Done.class,
            done -> assertThat(done.data().get("place").path("id").asText()).isEqualTo("other"));
    assertThat(summary(StoreType.ref("other"), "reserved")).isEqualTo(1);
    harness.backward();
    assertThat(summary(StoreType.ref("other"), "reserved")).isZero();
    assertThat(summary(STORE, "reserved")).isEqualTo(100);
  }

  @Test
  void whenNoStoreFitsItSaysSoAndLeavesNothing() {
    works.stores.clear();
    onboard(Isolation.SCHEMA);
    assertThat(works.run(ref, Crash.NEVER))
        .isInstanceOfSatisfying(
            Outcome.Undone.class,
            undone -> assertThat(undone.problem().code()).isEqualTo("no-store-fits"));
  }

  @Test
  void anUnknownStoreIsRefusedAndLeavesNothing() {
    works.world.with(
        ref,
        new TenantCommand.Onboard(
            profile(), new Wish(Isolation.SCHEMA, "nowhere", null, works.shelf.target()), false));
    assertThat(works.run(ref, Crash.EVERYWHERE))
        .isInstanceOfSatisfying(
            Outcome.Undone.class,
            undone -> assertThat(undone.problem().code()).isEqualTo("store-unknown"));
  }

  @Test
  void anExistingSchemaOfOthersIsNotTouched() throws SQLException {
    String name = Home.name(tenant, 1);
    try (Connection c = works.fixture.superuser(works.fixture.address().sharedDatabase());
        Statement s = c.createStatement()) {
      s.execute("create schema " + name);
      s.execute("create table " + name + ".theirs (id int primary key)");
    }
    List<String> before = works.objects();
    onboard(Isolation.SCHEMA);
    assertThat(works.run(ref, Crash.EVERYWHERE)).isInstanceOf(Outcome.Undone.class);
    assertThat(works.objects()).isEqualTo(before);
    assertThat(works.rows("select count(*)::text from " + name + ".theirs")).containsExactly("0");
  }

  @Test
  void anExistingSchemaIsAdoptedAndGivenBackUnchanged() throws SQLException {
    Isolation isolation = Isolation.SCHEMA;
    String database = works.fixture.address().sharedDatabase();
    String schema = "legacy_" + tenant.replace('-', '_');
    try (Connection c = works.fixture.superuser(database);
        Statement s = c.createStatement()) {
      s.execute("create schema " + schema);
      s.execute("create table " + schema + ".customer (id int primary key, name text)");
      s.execute("insert into " + schema + ".customer values (1, 'Ann')");
      s.execute("grant all on schema " + schema + " to " + works.fixture.address().user());
      s.execute(
          "grant all on all tables in schema " + schema + " to " + works.fixture.address().user());
      s.execute("alter schema " + schema + " owner to " + works.fixture.address().user());
      s.execute("alter table " + schema + ".customer owner to " + works.fixture.address().user());
    }
    List<String> before = works.objects();
    works.world.with(
        ref,
        new TenantCommand.Adopt(
            profile(),
            new Tenant.Found("store", isolation, database, schema, works.shelf.target("1"))));
    works.run(ref, Crash.EVERYWHERE);
    Tenant.Adopting adopting = works.world.state(ref);
    assertThat(works.objects()).as("the inventory reads only").isEqualTo(before);
    assertThat(adopting.phase())
        .isInstanceOfSatisfying(
            Tenant.Phase.Offered.class,
            offered -> {
              assertThat(offered.offer().tables()).containsExactly(schema + ".customer");
              assertThat(offered.offer().blocks()).isEmpty();
            });
    works.world.with(ref, new TenantCommand.ConfirmAdoption());
    int steps = works.operation(ref, Crash.NEVER).names().size();
    for (int end = 0; end <= steps; end++) {
      StepHarness harness = works.operation(ref, Crash.EVERYWHERE);
      harness.forward(end);
      harness.intend().backward();
      assertThat(works.objects()).as("undone after " + end + " steps").isEqualTo(before);
      works.world.with(
          ref,
          new TenantCommand.RecordFailed(
              works.world.<Tenant>state(ref).serial(),
              Problem.conflict("undone", "for the test"),
              false),
          new TenantCommand.Adopt(
              profile(),
              new Tenant.Found("store", isolation, database, schema, works.shelf.target("1"))));
      works.run(ref, Crash.NEVER);
      works.world.with(ref, new TenantCommand.ConfirmAdoption());
    }
    works.run(ref, Crash.EVERYWHERE);
    Tenant.Live live = works.world.state(ref);
    assertThat(live.home().adopted()).isTrue();
    try (Connection c = works.login(live.home().ref(), tenant, Works.CANARY);
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("select name from customer")) {
      assertThat(r.next()).isTrue();
    }
    offboard();
    assertThat(works.objects()).isEqualTo(before);
    assertThat(works.rows("select name from " + schema + ".customer")).containsExactly("Ann");
  }

  private void prepare(Isolation isolation) {
    if (isolation == Isolation.POOL) {
      works.pool(StoreFixture.fresh("pool"));
    }
  }

  private void onboard(Isolation isolation) {
    works.world.with(ref, new TenantCommand.Onboard(profile(), wish(isolation), false));
  }

  private void offboard() {
    Reply reply = works.world.ask(ref, new TenantCommand.Offboard(tenant));
    assertThat(reply).isInstanceOf(Reply.Applied.class);
    assertThat(works.run(ref, Crash.EVERYWHERE)).isInstanceOf(Outcome.Done.class);
  }

  private Profile profile() {
    return new Profile(tenant, "Acme", "pro", "eu", "gold", Map.of(), List.of());
  }

  private Wish wish(Isolation isolation) {
    return new Wish(isolation, null, null, works.shelf.target());
  }

  private long summary(EntityRef entity, String field) {
    return works.world.summary(entity).path(field).asLong();
  }

  private static Store.Registration registrationOf(Store.Registered store, String id) {
    Store.Registration r = store.registration();
    return new Store.Registration(
        id,
        r.engine(),
        r.host(),
        r.port(),
        r.adminUser(),
        r.adminSecret(),
        null,
        null,
        r.region(),
        r.tier(),
        r.capacity(),
        r.tags());
  }
}
