package io.copyhold.tenants.store.postgres;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.operation.FenceToken;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.Identifiers;
import io.copyhold.runtime.postgres.PostgresFixture;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.DataStores;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Permits;
import io.copyhold.tenants.store.RegisteredStores;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.StoreAddress;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.postgres.ddl.BackfillSettings;
import io.copyhold.tenants.store.postgres.ddl.DdlSettings;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * One store on a real server, worked on by a control role without superuser rights. The server is
 * the shared embedded one, or another version's: {@code
 * -Dcopyhold.test.store=host:port:superuser:password}.
 */
public final class StoreFixture implements AutoCloseable {
  public static final String PASSWORD = "a-tenant's \"pass\"; word";
  static final String SECRET = "control's \\ secret";
  private static final AtomicInteger COUNTER = new AtomicInteger();

  /** Two tables, poolable, with all that a changelog normally has. */
  public static final String CUSTOMERS =
      """
      -- the customers of an invoicing application
      create table customer (
        tenant_id text not null default copyhold.tenant(),
        id bigint not null,
        name text not null,
        primary key (tenant_id, id),
        unique (tenant_id, name)
      );
      create table invoice (
        tenant_id text not null default copyhold.tenant(),
        id bigint generated always as identity,
        customer bigint not null,
        cents bigint not null check (cents >= 0),
        primary key (tenant_id, id),
        foreign key (tenant_id, customer) references customer (tenant_id, id)
      );
      create index on invoice (tenant_id, customer);
      """;

  private final Database superuser;
  private final DataStores stores;
  private final StoreAddress address;
  private final StoreSettings settings;

  private StoreFixture(Database superuser, StoreAddress address, StoreSettings settings) {
    this.superuser = superuser;
    this.address = address;
    this.settings = settings;
    this.stores =
        new RegisteredStores(
            List.of(
                new PostgresEngine(
                    settings, ddl(), backfill(), Permits.local(8, Duration.ofSeconds(30)))),
            store -> address,
            reference -> SECRET);
  }

  private static final class Shared {
    static final StoreFixture STORE = prepared(server());
  }

  /** The store that all tests of this JVM share: use names of your own. */
  public static StoreFixture shared() {
    return Shared.STORE;
  }

  private static StoreFixture prepared(Database server) {
    StoreFixture fixture = on(server, "createdb createrole");
    fixture.store().prepare();
    return fixture;
  }

  /** The server under test, as its superuser. */
  public static Database server() {
    String given = System.getProperty("copyhold.test.store", "");
    if (given.isEmpty()) {
      return PostgresFixture.server().database("postgres");
    }
    String[] part = given.split(":", 4);
    return new Database(
        part[0], Integer.parseInt(part[1]), "postgres", part[2], () -> part[3], "disable");
  }

  /** A store that is not prepared yet, for a fresh control role with these attributes. */
  public static StoreFixture on(Database server, String attributes) {
    return on(server, attributes, ctl -> {}, settings());
  }

  /** The same with settings of its own; {@code more} is told the control role. */
  public static StoreFixture on(
      Database server, String attributes, Consumer<String> more, StoreSettings settings) {
    String id = ProcessHandle.current().pid() + "_" + COUNTER.incrementAndGet();
    String control = "control_" + id;
    try (Connection c = server.connect("fixture")) {
      Sql.run(
          c,
          "create role "
              + Identifiers.quote(control)
              + " login "
              + attributes
              + " password "
              + Identifiers.literal(SECRET));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    more.accept(control);
    return new StoreFixture(
        server,
        new StoreAddress(
            "store",
            StoreAddress.POSTGRESQL,
            server.host(),
            server.port(),
            control,
            "secret/store",
            "homes_" + id,
            "disable",
            8),
        settings);
  }

  public static StoreSettings settings() {
    return StoreSettings.from(
        ConfigFactory.parseResources("reference.conf").resolve().getConfig("copyhold.store"));
  }

  public static DdlSettings ddl() {
    return DdlSettings.from(
        ConfigFactory.parseResources("reference.conf").resolve().getConfig("copyhold.store.ddl"));
  }

  public static BackfillSettings backfill() {
    return BackfillSettings.from(
        ConfigFactory.parseResources("reference.conf")
            .resolve()
            .getConfig("copyhold.store.backfill"));
  }

  public DataStore store() {
    return stores.open(address);
  }

  public StoreAddress address() {
    return address;
  }

  /** Sessions of the control role; the caller closes them. */
  public Sessions sessions() {
    return new Sessions(address, () -> SECRET, settings, Permits.local(8, Duration.ofSeconds(30)));
  }

  public Place place(HomeRef home) {
    return Place.of(home, address.sharedDatabase());
  }

  /** Another node's view of the same store. */
  public DataStore anotherNode() {
    return new StoreFixture(superuser, address, settings).store();
  }

  public Connection superuser(String database) throws SQLException {
    return superuser.withName(database).connect("superuser");
  }

  /** Connected as the tenant's application would be. */
  public Connection login(HomeRef home, String tenant) throws SQLException {
    var info = store().connection(home, tenant);
    return superuser
        .withName(info.database())
        .withUser(info.user(), () -> PASSWORD)
        .connect("application");
  }

  /** A name that no other test has. */
  public static String fresh(String stem) {
    return stem + "-" + ProcessHandle.current().pid() + "-" + COUNTER.incrementAndGet();
  }

  public HomeRef home(Isolation isolation, String name) {
    return new HomeRef(address.store(), isolation, name);
  }

  /** The first attempt of an operation. */
  public static Fence fence(String owner) {
    return fence(owner, 1, 1);
  }

  public static Fence fence(String owner, long term, long attempt) {
    return fence(owner, "provision/1", term, attempt, 1);
  }

  public static Fence fence(String owner, String operation, long term, long attempt, long epoch) {
    EntityRef ref = new EntityRef("tenant", owner);
    return new Fence(
        ref.operation(operation),
        ref,
        new FenceToken(term, attempt),
        "key-" + owner + "-" + operation,
        epoch,
        Fence.OnStop.NEVER);
  }

  public static Script script(int position, String sql) {
    return Script.of("invoicing", position, "" + position, "V" + position + "__test.sql", sql);
  }

  /** A home with the two tables and these tenants. */
  public HomeRef homeWith(Isolation isolation, String name, String... tenants) {
    HomeRef home = home(isolation, name);
    store().createHome(home, "invoicing", fence(name));
    store().apply(home, script(1, CUSTOMERS), fence(name), LockPolicy.DEFAULT);
    for (String tenant : tenants) {
      store().addTenant(home, tenant, PASSWORD, fence(tenant));
    }
    return home;
  }

  @Override
  public void close() {
    stores.close();
  }
}
