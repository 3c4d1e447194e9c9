package io.copyhold.runtime.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.ControlSchema.Part;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ControlSchemaTest {
  private static final Part ONE = new Part("100-one.sql", "CREATE TABLE copyhold.one (n int)");
  private static final Part TWO =
      new Part(
          "200-two.sql",
          "INSERT INTO copyhold.one VALUES (1); INSERT INTO copyhold.one VALUES (2)");

  private final HikariDataSource database =
      PostgresFixture.newDatabase()
          .pool(
              PoolSettings.from(
                  "schema-test", ConfigFactory.load().getConfig("copyhold.postgres.pool")));

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void eachFileIsAppliedOnceInTheOrderOfNames() throws SQLException {
    schema(TWO, ONE).apply(database);
    schema(TWO, ONE).apply(database);
    assertThat(count("copyhold.one")).isEqualTo(2);
    assertThat(count("copyhold.schema_part")).isEqualTo(2);
  }

  @Test
  void aLaterReleaseAddsItsFiles() throws SQLException {
    schema(ONE).apply(database);
    schema(ONE, TWO).apply(database);
    assertThat(count("copyhold.one")).isEqualTo(2);
  }

  @Test
  void nodesThatStartTogetherApplyItOnce() throws Exception {
    Callable<Boolean> start =
        () -> {
          schema(ONE, TWO).apply(database);
          return true;
        };
    try (ExecutorService nodes = Executors.newFixedThreadPool(4)) {
      for (Future<Boolean> node : nodes.invokeAll(Collections.nCopies(4, start))) {
        assertThat(node.get()).isTrue();
      }
    }
    assertThat(count("copyhold.one")).isEqualTo(2);
  }

  @Test
  void aDatabaseOfANewerReleaseIsRefusedUntouched() throws SQLException {
    schema(ONE, TWO).apply(database);
    Part three = new Part("300-three.sql", "CREATE TABLE copyhold.three ()");
    assertThatThrownBy(() -> schema(ONE, three).apply(database))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("200-two.sql")
        .hasMessageContaining("newer release");
    assertThat(count("copyhold.schema_part")).isEqualTo(2);
  }

  @Test
  void aDatabaseOfAnotherFormatIsRefused() throws SQLException {
    schema(ONE).apply(database);
    execute("UPDATE copyhold.schema_format SET format = 7");
    assertThatThrownBy(() -> schema(ONE).apply(database))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("format 7");
  }

  @Test
  void aChangedFileIsRefused() throws SQLException {
    schema(ONE).apply(database);
    assertThatThrownBy(() -> schema(new Part(ONE.name(), "SELECT 1")).apply(database))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("another content of 100-one.sql");
  }

  @Test
  void aFileThatFailsIsNamedAndLeavesNothing() throws SQLException {
    Part bad = new Part("300-bad.sql", "CREATE TABLE copyhold.bad (); SELECT 1/0");
    assertThatThrownBy(() -> schema(ONE, bad).apply(database))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("300-bad.sql")
        .hasMessageContaining("division by zero");
    schema(ONE, TWO).apply(database);
    assertThat(count("copyhold.one")).isEqualTo(2);
  }

  @Test
  void aLockThatStaysTakenIsReported() throws SQLException {
    try (Connection other = database.getConnection();
        Statement s = other.createStatement()) {
      s.execute("SELECT pg_advisory_lock(x'636f7079686f6c64'::bigint)");
      assertThatThrownBy(
              () -> new ControlSchema(List.of(ONE), Duration.ofMillis(1)).apply(database))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("Another process");
      s.execute("SELECT pg_advisory_unlock_all()");
    }
    schema(ONE).apply(database);
    assertThat(count("copyhold.schema_part")).isOne();
  }

  @Test
  void namesAreCheckedAndUnique() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Part("one.sql", ""));
    assertThatIllegalArgumentException().isThrownBy(() -> schema(ONE, ONE));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Part.of(ControlSchemaTest.class, "999-missing.sql"));
  }

  private static ControlSchema schema(Part... parts) {
    return new ControlSchema(List.of(parts), Duration.ofMinutes(2));
  }

  private int count(String table) throws SQLException {
    try (Connection c = database.getConnection();
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("SELECT count(*) FROM " + table)) {
      assertThat(r.next()).isTrue();
      return r.getInt(1);
    }
  }

  private void execute(String sql) throws SQLException {
    try (Connection c = database.getConnection();
        Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }
}
