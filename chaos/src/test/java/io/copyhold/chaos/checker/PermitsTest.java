package io.copyhold.chaos.checker;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.runtime.postgres.ControlDatabase;
import io.copyhold.runtime.postgres.ControlSchema;
import io.copyhold.runtime.postgres.PoolSettings;
import io.copyhold.runtime.postgres.PostgresFixture;
import io.copyhold.tenants.store.PostgresPermitLeases;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class PermitsTest {
  @Test
  void nodesThatHoldMoreThanAStoreDeclaredAreFound() throws Exception {
    try (HikariDataSource pool =
        PostgresFixture.newDatabase()
            .pool(
                PoolSettings.from(
                        "permits", ConfigFactory.load().getConfig("copyhold.postgres.pool"))
                    .withMaxSize(2))) {
      new ControlSchema(List.of(PostgresPermitLeases.SCHEMA), Duration.ofMinutes(2)).apply(pool);
      ControlDatabase control = new ControlDatabase(pool, Runnable::run);
      run(pool, "INSERT INTO copyhold.permit_budget VALUES ('store-a', 'connections', 10)");
      run(
          pool,
          "INSERT INTO copyhold.permit_lease VALUES"
              + " ('store-a', 'connections', 'node-1', 6, clock_timestamp() + interval '1 hour'),"
              + " ('store-a', 'connections', 'node-2', 4, clock_timestamp() + interval '1 hour'),"
              // what has run out is nobody's
              + " ('store-a', 'connections', 'node-3', 9, clock_timestamp() - interval '1 hour')");
      assertThat(ControlBook.permits(control).violations()).isEmpty();
      assertThat(ControlBook.permits(control).looked()).isEqualTo(1);
      run(pool, "UPDATE copyhold.permit_lease SET amount = 5 WHERE node = 'node-2'");
      assertThat(ControlBook.permits(control).violations())
          .singleElement()
          .satisfies(violation ->
              assertThat(violation.what()).contains("declared 10", "its nodes hold 11"));
    }
  }

  private static void run(HikariDataSource pool, String sql) throws SQLException {
    try (Connection c = pool.getConnection();
        Statement s = c.createStatement()) {
      s.executeUpdate(sql);
    }
  }
}
