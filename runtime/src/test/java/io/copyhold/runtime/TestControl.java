package io.copyhold.runtime;

import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.runtime.journal.JournalSchema;
import io.copyhold.runtime.journal.JournalSettings;
import io.copyhold.runtime.postgres.ControlDatabase;
import io.copyhold.runtime.postgres.ControlSchema;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.sql.SQLException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An empty control database with this module's tables, for tests that need no actor system. */
public final class TestControl implements AutoCloseable {
  private final Database database = PostgresFixture.newDatabase();
  private final HikariDataSource pool;
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();

  public TestControl() {
    JournalSettings settings =
        JournalSettings.from(
            RuntimeConfig.of(ConfigFactory.parseMap(JournalSettings.keys(database))));
    pool = database.pool(settings.sidePool());
    try {
      new ControlSchema(JournalSchema.parts(), settings.schemaLockMax()).apply(pool);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  public Database database() {
    return database;
  }

  public ControlDatabase control() {
    return new ControlDatabase(pool, blocking);
  }

  @Override
  public void close() {
    blocking.close();
    pool.close();
  }
}
