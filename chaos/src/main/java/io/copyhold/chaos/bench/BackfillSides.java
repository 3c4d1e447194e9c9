package io.copyhold.chaos.bench;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.operation.FenceToken;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.Engine;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.Permits;
import io.copyhold.tenants.store.StoreAddress;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.postgres.PostgresEngine;
import io.copyhold.tenants.store.postgres.ddl.Backfill;
import io.copyhold.tenants.store.postgres.ddl.BackfillSettings;
import io.copyhold.tenants.store.postgres.ddl.Backfills;
import io.copyhold.tenants.store.postgres.ddl.Control;
import io.copyhold.tenants.store.postgres.ddl.DdlSettings;
import io.copyhold.tenants.store.postgres.ddl.ServerSignals;
import io.copyhold.tenants.store.postgres.ddl.TableName;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Pause;
import io.copyhold.tenants.store.postgres.session.Sessions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;

/**
 * One home with a table to fill in, by our backfill as a step would call it (fenced, its cursor in
 * the home's ledger, throttled by the server's signals), and by the loop that one would write: a
 * thousand rows by key, commit, on from the last key, which is kept in memory.
 */
@PortAdapter
final class BackfillSides implements AutoCloseable {
  private static final int PLAIN_CHUNK = 1_000;
  private static final int CONNECTIONS_MAX = 8;

  private final Database admin;
  private final Engine.Opened opened;
  private final Sessions sessions;
  private final Backfills backfills;
  private final BackfillSettings settings;
  private final Place place;

  BackfillSides(Database admin, String home) {
    this.admin = admin.withName(StoreAddress.SHARED_DATABASE);
    Config config = ConfigFactory.load().getConfig("copyhold.store");
    StoreSettings store = StoreSettings.from(config);
    StoreAddress address =
        new StoreAddress(
            "bench",
            StoreAddress.POSTGRESQL,
            admin.host(),
            admin.port(),
            admin.user(),
            "secret:bench",
            StoreAddress.SHARED_DATABASE,
            "disable",
            CONNECTIONS_MAX);
    Permits permits = Permits.local(CONNECTIONS_MAX, Duration.ofSeconds(60));
    this.opened =
        new PostgresEngine(
                store,
                DdlSettings.from(config.getConfig("ddl")),
                BackfillSettings.from(config.getConfig("backfill")),
                permits)
            .open(address, _ -> admin.password().get());
    this.sessions = new Sessions(address, admin.password(), store, permits);
    this.settings = BackfillSettings.from(config.getConfig("backfill"));
    this.backfills =
        new Backfills(
            sessions,
            new HomeBook(store.fenceAge(), _ -> 0),
            new Pause(InstantSource.system(), Thread::sleep, store.poll()),
            new SecureRandom(),
            settings);
    HomeRef ref = new HomeRef("bench", Isolation.SCHEMA, home);
    this.place = Place.of(ref, StoreAddress.SHARED_DATABASE);
    opened.store().prepare();
    opened.store().createHome(ref, "bench", fence());
  }

  /** A table of that many rows with a column to be filled in, as new. */
  void fresh(String table, int rows) throws SQLException {
    String name = quote(place.schema(), table);
    try (Connection c = admin.connect("copyhold-bench");
        Statement s = c.createStatement()) {
      s.execute("drop table if exists " + name);
      s.execute(
          "create table "
              + name
              + " (id bigint primary key, name text not null, cents bigint not null, doubled bigint)");
      s.execute(
          "insert into "
              + name
              + " select n, 'customer ' || n, n % 100000 from generate_series(1, "
              + rows
              + ") n");
      s.execute("alter table " + name + " owner to " + quote(place.owner()));
      s.execute("vacuum (analyze, freeze) " + name);
      s.execute("checkpoint");
    }
  }

  void ours(String table) {
    backfills.run(
        place,
        null,
        fence(),
        Backfill.of(table, new TableName(place.schema(), table), "doubled", "cents * 2"),
        ServerSignals.all(settings),
        Control.NONE);
  }

  void plain(String table) throws SQLException {
    String name = quote(place.schema(), table);
    try (Connection c = admin.connect("copyhold-bench");
        PreparedStatement s =
            c.prepareStatement(
                "with chunk as (update "
                    + name
                    + " set doubled = cents * 2 where id in (select id from "
                    + name
                    + " where id > ? order by id limit ?) returning id) select max(id) from chunk")) {
      c.setAutoCommit(false);
      long last = 0;
      while (true) {
        s.setLong(1, last);
        s.setInt(2, PLAIN_CHUNK);
        try (ResultSet r = s.executeQuery()) {
          r.next();
          last = r.getLong(1);
          if (r.wasNull()) {
            return;
          }
        } finally {
          c.commit();
        }
      }
    }
  }

  /** Fails unless every row is done. */
  void requireDone(String table, int rows) throws SQLException {
    try (Connection c = admin.connect("copyhold-bench");
        Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "select count(*) from "
                    + quote(place.schema(), table)
                    + " where doubled = cents * 2")) {
      r.next();
      if (r.getInt(1) != rows) {
        throw new IllegalStateException(table + ": " + r.getInt(1) + " of " + rows + " rows done");
      }
    }
  }

  private static Fence fence() {
    EntityRef owner = new EntityRef("tenant", "bench");
    return new Fence(
        owner.operation("migrate/1"), owner, new FenceToken(1, 1), "bench", 1, Fence.OnStop.NEVER);
  }

  @Override
  public void close() {
    sessions.close();
    opened.close().run();
  }
}
