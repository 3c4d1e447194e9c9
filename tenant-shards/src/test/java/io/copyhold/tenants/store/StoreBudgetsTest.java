package io.copyhold.tenants.store;

import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.runtime.postgres.ControlSchema;
import io.copyhold.runtime.postgres.PoolSettings;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

class StoreBudgetsTest extends StoreBudgetsContract {
  private HikariDataSource database;

  @BeforeEach
  void makeControlDatabase() throws SQLException {
    database =
        PostgresFixture.newDatabase()
            .pool(
                new PoolSettings(
                    "control",
                    16,
                    0,
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(300)));
    new ControlSchema(List.of(PostgresPermitLeases.SCHEMA), Duration.ofMinutes(2)).apply(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Override
  PermitLeases leases(String node) {
    return new PostgresPermitLeases(database, node);
  }

  @Override
  List<Integer> shares() {
    try (Connection c = database.getConnection();
        Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT amount FROM copyhold.permit_lease WHERE until > clock_timestamp() ORDER BY node")) {
      List<Integer> amounts = new ArrayList<>();
      while (r.next()) {
        amounts.add(r.getInt(1));
      }
      return amounts;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
