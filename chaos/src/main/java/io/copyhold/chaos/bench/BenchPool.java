package io.copyhold.chaos.bench;

import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PoolSettings;
import javax.sql.DataSource;

/** A pool of connections like our own, so that a peer is not slowed by logins. */
final class BenchPool {
  private BenchPool() {}

  /** One that is open until it is closed. */
  record Open(HikariDataSource pool) {
    DataSource connections() {
      return pool;
    }

    void close() {
      pool.close();
    }
  }

  /** With two connections to spare. */
  static Open open(Database database, int threads) {
    PoolSettings settings =
        PoolSettings.from(
            "copyhold-bench", ConfigFactory.load().getConfig("copyhold.postgres.pool"));
    // Flyway holds two: one works, one keeps the history
    return new Open(database.pool(settings.withMaxSize(2 * threads + 2)));
  }
}
