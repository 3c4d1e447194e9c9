package io.copyhold.chaos.bench;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.postgres.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * Flyway in a loop, as its users do it who have a schema per tenant: one instance per schema. By
 * its own means, with a login each time; or with a pool of connections, which spares it the logins
 * but keeps server processes that remember every schema they have seen.
 */
final class FlywayFleet implements FleetSide {
  private static final String FILES = "classpath:io/copyhold/chaos/bench/fleet";

  private final Database database;
  private final BenchPool.@Nullable Open pool;
  private final int files;

  FlywayFleet(Database server, String database, int files, int threads, boolean pooled)
      throws SQLException {
    this.database = server.withName(database);
    this.files = files;
    try (Connection c = server.connect("copyhold-bench");
        Statement s = c.createStatement()) {
      s.execute("CREATE DATABASE " + quote(database));
    }
    this.pool = pooled ? BenchPool.open(this.database, threads) : null;
  }

  @Override
  public String name() {
    return pool == null ? "Flyway" : "Flyway pooled";
  }

  @Override
  public void create(String home) throws SQLException {
    try (Connection c = database.connect("copyhold-bench");
        Statement s = c.createStatement()) {
      s.execute("CREATE SCHEMA " + quote(home));
    }
  }

  @Override
  public void apply(String home) {
    require(migrate(home), files);
  }

  @Override
  public void requireCurrent(String home) {
    require(migrate(home), 0);
  }

  private int migrate(String home) {
    FluentConfiguration flyway = Flyway.configure();
    if (pool == null) {
      flyway.dataSource(database.jdbcUrl(), database.user(), database.password().get());
    } else {
      flyway.dataSource(pool.connections());
    }
    return flyway
        .schemas(home)
        .defaultSchema(home)
        .locations(FILES)
        .load()
        .migrate()
        .migrationsExecuted;
  }

  private static void require(int applied, int expected) {
    if (applied != expected) {
      throw new IllegalStateException("Flyway applied " + applied + " files, not " + expected);
    }
  }

  @Override
  public void close() {
    if (pool != null) {
      pool.close();
    }
  }
}
