package io.copyhold.config.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.config.node.NodeRegister.Self;
import io.copyhold.runtime.postgres.ControlSchema;
import io.copyhold.runtime.postgres.PoolSettings;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.apache.pekko.coordination.lease.LeaseSettings;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The lease that decides a split, while its database is away. */
class DatabaseLeaseTest {
  private static final Self A = new Self("pekko://copyhold@127.0.0.1:7410", 1, "a", 11);

  private final HikariDataSource database =
      PostgresFixture.newDatabase()
          .pool(
              PoolSettings.from(
                  "lease-test", ConfigFactory.load().getConfig("copyhold.postgres.pool")));
  private final ExecutorService blocking = Executors.newVirtualThreadPerTaskExecutor();

  @BeforeEach
  void schema() throws SQLException {
    new ControlSchema(List.of(PostgresNodeRegister.SCHEMA), Duration.ofMinutes(2)).apply(database);
  }

  @AfterEach
  void end() {
    database.close();
    blocking.close();
  }

  private DatabaseLease lease(Self self, DataSource of) {
    Config config =
        ConfigFactory.parseString(
                "heartbeat-timeout = 1h, heartbeat-interval = 1m, lease-operation-timeout = 5s")
            .withFallback(ConfigFactory.empty());
    return new DatabaseLease(
        LeaseSettings.apply(config, "copyhold", self.address().substring(8)),
        new LeaseSetup(new PostgresSplitLeases(of), blocking));
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(120, TimeUnit.SECONDS);
  }

  @Test
  void whileTheDatabaseIsAwayNothingIsDecided() throws Exception {
    AtomicInteger refused = new AtomicInteger();
    CompletionStage<Boolean> asked = lease(A, new Reluctant(database, refused)).acquire();
    assertThat(get(asked)).isTrue();
    assertThat(refused.get()).isEqualTo(3);
  }

  /** The real database, which at first does not answer. */
  private record Reluctant(DataSource real, AtomicInteger refused) implements DataSource {
    @Override
    public Connection getConnection() throws SQLException {
      if (refused.get() < 3) {
        refused.incrementAndGet();
        throw new SQLException("away", "08006");
      }
      return real.getConnection();
    }

    @Override
    public Connection getConnection(String user, String password) throws SQLException {
      return real.getConnection(user, password);
    }

    @Override
    public PrintWriter getLogWriter() throws SQLException {
      return real.getLogWriter();
    }

    @Override
    public void setLogWriter(PrintWriter out) throws SQLException {
      real.setLogWriter(out);
    }

    @Override
    public void setLoginTimeout(int seconds) throws SQLException {
      real.setLoginTimeout(seconds);
    }

    @Override
    public int getLoginTimeout() throws SQLException {
      return real.getLoginTimeout();
    }

    @Override
    public Logger getParentLogger() {
      return Logger.getGlobal();
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
      return real.unwrap(type);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) throws SQLException {
      return real.isWrapperFor(type);
    }
  }
}
