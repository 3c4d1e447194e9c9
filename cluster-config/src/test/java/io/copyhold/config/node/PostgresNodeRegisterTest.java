package io.copyhold.config.node;

import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.config.node.NodeRegister.Self;
import io.copyhold.runtime.postgres.ControlSchema;
import io.copyhold.runtime.postgres.PoolSettings;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;

class PostgresNodeRegisterTest extends NodeRegisterContract {
  private final HikariDataSource database =
      PostgresFixture.newDatabase()
          .pool(
              PoolSettings.from(
                  "register-test", ConfigFactory.load().getConfig("copyhold.postgres.pool")));

  @AfterEach
  void close() {
    database.close();
  }

  @Override
  NodeRegister open() {
    return new PostgresNodeRegister(database, DEAD_AFTER);
  }

  @Override
  void makeTables() throws SQLException {
    new ControlSchema(List.of(PostgresNodeRegister.SCHEMA), Duration.ofMinutes(2)).apply(database);
  }

  @Override
  SplitLeases leases() {
    return new PostgresSplitLeases(database);
  }

  @Override
  void silent(Self self) {
    execute(
        "UPDATE copyhold.node SET heartbeat = now() - interval '2 hours' WHERE uid = "
            + self.uid());
  }

  @Override
  void registeredLongAgo(Self self) {
    execute(
        "UPDATE copyhold.node SET registered = now() - interval '2 hours' WHERE uid = "
            + self.uid());
  }

  @Override
  void forget(Self self) {
    execute("DELETE FROM copyhold.node WHERE uid = " + self.uid());
  }

  @Override
  void leaseIsOver() {
    execute("UPDATE copyhold.sbr_lease SET until = clock_timestamp() - interval '1 second'");
  }

  @Override
  void leaseWasTakenLongAgo() {
    execute("UPDATE copyhold.sbr_lease SET since = since - interval '1 minute'");
  }

  @Override
  void clusterIs(long incarnation) {
    execute("UPDATE copyhold.incarnation SET incarnation = " + incarnation);
  }

  private void execute(String sql) {
    try (Connection c = database.getConnection();
        Statement s = c.createStatement()) {
      s.execute(sql);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
