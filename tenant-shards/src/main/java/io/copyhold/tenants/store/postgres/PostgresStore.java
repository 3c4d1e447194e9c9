package io.copyhold.tenants.store.postgres;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.isolation.Preflight;
import io.copyhold.tenants.store.Adoption;
import io.copyhold.tenants.store.Applied;
import io.copyhold.tenants.store.ConnectionInfo;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.Drift;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.HomeRecord;
import io.copyhold.tenants.store.HomeState;
import io.copyhold.tenants.store.Inventory;
import io.copyhold.tenants.store.LedgerRow;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Permits;
import io.copyhold.tenants.store.SchemaVersions;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.StoreAddress;
import io.copyhold.tenants.store.StoreReport;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.TenantDigest;
import io.copyhold.tenants.store.Turn;
import io.copyhold.tenants.store.postgres.ddl.BackfillSettings;
import io.copyhold.tenants.store.postgres.ddl.Backfills;
import io.copyhold.tenants.store.postgres.ddl.Ddl;
import io.copyhold.tenants.store.postgres.ddl.DdlSettings;
import io.copyhold.tenants.store.postgres.ddl.ServerSignals;
import io.copyhold.tenants.store.postgres.expand.Expansions;
import io.copyhold.tenants.store.postgres.session.Exclusive;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Pause;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import io.copyhold.tenants.store.postgres.session.SqlTrouble;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** One PostgreSQL server. Finds where a home is and hands on to whoever does the work there. */
final class PostgresStore implements DataStore {
  /** A database that every server has. */
  private static final String MAINTENANCE = "postgres";

  private final StoreAddress address;
  private final String shared;
  private final Sessions sessions;
  private final Permits permits;
  private final HomeBook book;
  private final Homes homes;
  private final Tenants tenants;
  private final Scripts scripts;
  private final LoneScripts loneScripts;
  private final LiveDocuments documents;
  private final Adoptions adoptions;
  private final Rolls rolls;
  private final Probes probes;
  private final Shapes shapes = new Shapes();

  PostgresStore(
      StoreAddress address,
      Sessions sessions,
      Permits permits,
      StoreSettings settings,
      DdlSettings ddl,
      BackfillSettings backfill,
      Pause pause,
      RandomGenerator random,
      LongUnaryOperator timelines,
      Executor executor) {
    this.address = address;
    this.shared = address.sharedDatabase();
    this.sessions = sessions;
    this.permits = permits;
    this.book = new HomeBook(settings.fenceAge(), timelines);
    Exclusive exclusive = new Exclusive(sessions, book, pause, settings);
    Logins logins = new Logins(sessions, pause, settings, random);
    this.homes = new Homes(shared, sessions, book, exclusive, logins, settings);
    this.tenants = new Tenants(sessions, book, logins, settings);
    this.scripts = new Scripts(sessions, book, pause, random, settings);
    this.loneScripts = new LoneScripts(sessions, book, exclusive, scripts, pause, settings);
    this.documents =
        new LiveDocuments(
            sessions,
            book,
            scripts,
            new Expansions(
                sessions,
                book,
                new Ddl(sessions, book, pause, random, executor, settings, ddl),
                new Backfills(sessions, book, pause, random, backfill)),
            pause,
            ServerSignals.all(backfill));
    this.adoptions = new Adoptions(shared, sessions, book, homes, logins);
    this.probes = new Probes(sessions);
    this.rolls = new Rolls(address.store(), shared, sessions);
  }

  @Override
  public String id() {
    return address.store();
  }

  @Override
  public StoreReport check() {
    return sessions.read(
        MAINTENANCE, "checking the store", c -> Checks.of(c, shared, sessions.where()));
  }

  @Override
  public void prepare() {
    sessions.session(
        MAINTENANCE,
        "preparing the store",
        c -> {
          if (!Sql.any(c, "select from pg_database where datname = ?", shared)) {
            try {
              Homes.createDatabase(c, shared);
            } catch (java.sql.SQLException e) {
              if (!SqlTrouble.state(e).matches("42P04|23505")) { // another node was faster
                throw e;
              }
            }
          }
          return true;
        });
    sessions.change(
        shared,
        "preparing the store",
        c -> {
          HomeBook.lock(c);
          book.install(c);
          boolean owner =
              Sql.any(
                  c,
                  "select from pg_database where datname = current_database()"
                      + " and pg_has_role(datdba, 'USAGE')");
          if (owner) {
            Homes.close(c, shared);
            Sql.run(c, "revoke all on schema public from public");
          }
          Homes.openToGuests(c, shared, owner);
          return true;
        });
  }

  @Override
  public void createHome(HomeRef home, String changelog, Fence fence) {
    homes.create(mine(home), changelog, fence);
  }

  @Override
  public void dropHome(HomeRef home, Fence fence) {
    homes.drop(mine(home), fence);
  }

  @Override
  public void addTenant(HomeRef home, String tenant, String password, Fence fence) {
    tenants.add(place(home), tenant, password, fence);
  }

  @Override
  public void removeTenant(HomeRef home, String tenant, Fence fence) {
    absent(
        home,
        place -> {
          try (Permits.Permit _ = permits.take(address.store(), Permits.WORK)) {
            tenants.remove(place, tenant, fence);
          }
          return true;
        });
  }

  @Override
  public void suspendTenant(HomeRef home, String tenant, Fence fence) {
    tenants.suspend(place(home), tenant, fence);
  }

  @Override
  public void resumeTenant(HomeRef home, String tenant, Fence fence) {
    tenants.resume(place(home), tenant, fence);
  }

  @Override
  public Applied apply(HomeRef home, Script script, Fence fence, LockPolicy locks) {
    try (Permits.Permit _ = permits.take(address.store(), Permits.WORK)) {
      if (script.document()) {
        return documents.apply(place(home), script, fence, locks);
      }
      documents.requirePlain(place(home), script);
      return script.outsideTransaction()
          ? loneScripts.apply(place(home), script, fence)
          : scripts.apply(place(home), script, fence, locks);
    }
  }

  @Override
  public Applied undo(HomeRef home, Script undo, Fence fence, LockPolicy locks) {
    try (Permits.Permit _ = permits.take(address.store(), Permits.WORK)) {
      if (undo.document()) {
        return documents.undo(place(home), undo, fence, locks);
      }
      documents.requirePlain(place(home), undo);
      return scripts.undo(place(home), undo, fence, locks);
    }
  }

  @Override
  public SchemaVersions versions(HomeRef home) {
    return documents.versions(place(home));
  }

  @Override
  public String plan(HomeRef home, Script document) {
    return documents.plan(place(home), document);
  }

  @Override
  public void turn(HomeRef home, Script document, Turn turn, Fence fence, LockPolicy locks) {
    try (Permits.Permit _ = permits.take(address.store(), Permits.WORK)) {
      documents.turn(place(home), document, turn, fence, locks);
    }
  }

  @Override
  public Optional<String> ask(HomeRef home, String query, Duration limit) {
    return probes.ask(place(home), query, limit);
  }

  @Override
  public Drift drift(HomeRef home) {
    Place place = place(home);
    return sessions.read(
        place.database(), "comparing the home's shape", c -> shapes.drift(c, place));
  }

  @Override
  public void remember(HomeRef home, @Nullable String expected, Fence fence) {
    Place place = place(home);
    sessions.change(
        place.database(),
        "remembering the home's shape",
        fence,
        c -> {
          book.enterReady(c, place, fence, null);
          shapes.remember(c, place, expected);
          return true;
        });
  }

  @Override
  public List<LedgerRow> ledger(HomeRef home) {
    return absent(
            home,
            place ->
                sessions.read(place.database(), "reading the ledger", c -> book.ledger(c, place)))
        .orElse(List.of());
  }

  @Override
  public Optional<HomeState> state(HomeRef home) {
    return absent(
            home,
            place -> sessions.read(place.database(), "reading the home", c -> book.state(c, place)))
        .flatMap(it -> it);
  }

  @Override
  public List<Problem> verifyIsolation(HomeRef home) {
    Place place = place(home);
    return sessions.read(
        place.database(),
        "verifying isolation",
        c -> {
          if (book.state(c, place).isEmpty()) {
            return List.of(HomeBook.missing(place));
          }
          return Preflight.check(c, place);
        });
  }

  @Override
  public Inventory inventory(String database, @Nullable String schema) {
    return adoptions.inventory(database, schema);
  }

  @Override
  public void adopt(HomeRef home, Adoption adoption, Fence fence) {
    adoptions.adopt(mine(home), adoption, fence);
  }

  @Override
  public void release(HomeRef home, Fence fence) {
    adoptions.release(mine(home), fence);
  }

  @Override
  public ConnectionInfo connection(HomeRef home, String tenant) {
    Place place = place(home);
    return new ConnectionInfo(
        address.host(),
        address.port(),
        place.database(),
        Place.login(tenant),
        place.schema(),
        address.sslMode());
  }

  @Override
  public TenantDigest digest(HomeRef home, String tenant) {
    Place place = place(home);
    return sessions.readLong(
        place.database(), "reading the tenant's rows", c -> Digests.of(c, place, tenant));
  }

  @Override
  public long sizeBytes(HomeRef home) {
    return absent(
            home,
            place ->
                sessions.read(
                    place.database(), "measuring the home", c -> Homes.sizeBytes(c, place)))
        .orElse(0L);
  }

  @Override
  public List<HomeRecord> roll() {
    return rolls.read();
  }

  @Override
  public void confirm(HomeRecord home, @Nullable String tenant, long timeline, long epoch) {
    rolls.confirm(home, tenant, timeline, epoch);
  }

  private Place place(HomeRef home) {
    return homes.place(mine(home));
  }

  /** Empty where not even the home's database is there. */
  private <T> Optional<T> absent(HomeRef home, Function<Place, T> reading) {
    Place place = place(home);
    try {
      return Optional.of(reading.apply(place));
    } catch (ProblemException e) {
      String code = e.problem().code();
      if (code.equals("home-missing")
          || (Set.of("database-missing", "database-not-prepared").contains(code)
              && !place.database().equals(shared))) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private HomeRef mine(HomeRef home) {
    if (!home.store().equals(address.store())) {
      throw new IllegalArgumentException(home + " is not in store " + address.store());
    }
    return home;
  }
}
