package io.copyhold.migration.schema;

import io.copyhold.config.secret.InMemorySecrets;
import io.copyhold.config.secret.Secret;
import io.copyhold.migration.MigrationOperations;
import io.copyhold.migration.rollout.Rollout;
import io.copyhold.migration.rollout.WorldHomes;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.EntityWorld;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.StepHarness;
import io.copyhold.runtime.operation.StepHarness.Crash;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.placement.Candidates;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.pool.PoolType;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.DataStores;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.store.StoreAddress;
import io.copyhold.tenants.store.StoreType;
import io.copyhold.tenants.store.postgres.StoreFixture;
import io.copyhold.tenants.tenant.Tenant;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** One real store, entities in memory, and the steps of this module between them. */
public final class Works {
  /** The password that must be in no journal; letters and digits, as real ones. */
  public static final String CANARY = "CanaryCanaryCanaryCanaryCanary12";

  public final StoreFixture fixture;
  public final InMemorySecrets secrets = new InMemorySecrets();
  public final EntityWorld world =
      new EntityWorld(Store.TYPE, Pool.TYPE, Tenant.TYPE, Rollout.TYPE);
  public final Shelf shelf = new Shelf("invoicing");
  public final List<Candidates.Candidate> pools = new ArrayList<>();
  public final List<Candidates.Candidate> stores = new ArrayList<>();
  public final StepPorts ports =
      new StepPorts(
          new OneStore(),
          secrets,
          shelf,
          new Listed(),
          new WorldHomes(world),
          () -> Secret.of(CANARY),
          HealthSignals.NONE,
          LockPolicy.DEFAULT);

  /** On the store that all tests of this JVM share. */
  public Works() {
    this(StoreFixture.shared());
  }

  public Works(StoreFixture fixture) {
    this.fixture = fixture;
    stores.add(new Candidates.Candidate("store", 0, 100));
    world.with(
        StoreType.ref("store"),
        new Store.Command.Register(
            new Store.Registration(
                "store",
                StoreAddress.POSTGRESQL,
                fixture.address().host(),
                fixture.address().port(),
                fixture.address().user(),
                "secret:stores/store/admin",
                null,
                null,
                "eu",
                "gold",
                new Store.Capacity(100, 8, 4),
                List.of())),
        new Store.Command.RecordCheck(1, new Store.Health.Ready("PostgreSQL", "1", List.of())));
  }

  public DataStore store() {
    return fixture.store();
  }

  /** The operation that the entity's state wants. */
  public StepHarness operation(EntityRef owner, Crash crash) {
    OperationRequest request = world.operations(owner).getFirst();
    return StepHarness.of(type(request.type()), owner, request.id(), request.input(), world, crash);
  }

  /** Runs what the entity wants, and tells it how that ended. */
  public Outcome run(EntityRef owner, Crash crash) {
    OperationRequest request = world.operations(owner).getFirst();
    Outcome outcome = operation(owner, crash).outcome();
    world.settle(owner, request.id(), outcome);
    return outcome;
  }

  public OperationType<?> type(String name) {
    return MigrationOperations.all(ports).stream()
        .filter(type -> type.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  /** An open pool of the latest version. */
  public EntityRef pool(String name) {
    EntityRef pool = PoolType.ref(name);
    world.with(
        pool,
        new Pool.Command.Create(
            new Pool.Spec(name, "store", "eu", "gold", shelf.target(), 50, List.of())));
    run(pool, Crash.NEVER);
    pools.add(new Candidates.Candidate(name, 0, 50));
    return pool;
  }

  /** As the tenant's application. */
  public Connection login(HomeRef home, String tenant, String password) throws SQLException {
    var info = store().connection(home, tenant);
    return DriverManager.getConnection(
        "jdbc:postgresql://"
            + info.host()
            + ":"
            + info.port()
            + "/"
            + info.database()
            + "?sslmode=disable",
        info.user(),
        password);
  }

  /** Roles, databases and schemas of the server: what must be as before after an undo. */
  public List<String> objects() throws SQLException {
    return rows(
        "select 'role ' || rolname from pg_roles union all select 'database ' || datname from"
            + " pg_database union all select 'schema ' || nspname from pg_namespace where nspname !~"
            + " '^pg_(toast_)?temp' order by 1");
  }

  public List<String> rows(String query) throws SQLException {
    try (Connection c = fixture.superuser(fixture.address().sharedDatabase());
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery(query)) {
      List<String> rows = new ArrayList<>();
      while (r.next()) {
        rows.add(r.getString(1));
      }
      return rows;
    }
  }

  private final class OneStore implements DataStores {
    @Override
    public DataStore open(StoreAddress address) {
      return fixture.store();
    }

    @Override
    public DataStore get(String store) {
      return fixture.store();
    }

    @Override
    public void forget(String store) {}

    @Override
    public void close() {}
  }

  private final class Listed implements Candidates {
    @Override
    public List<Candidate> stores(String region, String tier) {
      return List.copyOf(stores);
    }

    @Override
    public List<Candidate> pools(String region, String tier, String changelog) {
      return List.copyOf(pools);
    }
  }
}
