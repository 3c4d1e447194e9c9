package io.copyhold.runtime.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class DatabaseTest {
  private static final PoolSettings SETTINGS =
      PoolSettings.from("pool-test", ConfigFactory.load().getConfig("copyhold.postgres.pool"));

  @Test
  void aPoolNamesItselfAndLimitsItsStatements() throws SQLException {
    try (HikariDataSource pool = PostgresFixture.newDatabase().pool(limited(200));
        Connection c = pool.getConnection();
        Statement s = c.createStatement()) {
      try (ResultSet r = s.executeQuery("SHOW application_name")) {
        assertThat(r.next()).isTrue();
        assertThat(r.getString(1)).isEqualTo("pool-test");
      }
      assertThatThrownBy(() -> s.execute("SELECT pg_sleep(600)"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
    }
  }

  @Test
  void aPoolIsBoundedAndWaitingForItToo() throws SQLException {
    PoolSettings one =
        new PoolSettings(
            "one",
            1,
            0,
            SETTINGS.connectLimit(),
            Duration.ofMillis(250),
            SETTINGS.statementLimit(),
            SETTINGS.idleLimit(),
            SETTINGS.lifeLimit());
    try (HikariDataSource pool = PostgresFixture.newDatabase().pool(one);
        Connection c = pool.getConnection()) {
      assertThat(c.isValid(60)).isTrue();
      assertThatThrownBy(pool::getConnection).isInstanceOf(SQLTransientConnectionException.class);
    }
  }

  @Test
  void aChangedPasswordIsUsedFromTheNextConnectionOn() throws SQLException {
    Database admin = PostgresFixture.newDatabase();
    AtomicReference<String> password = new AtomicReference<>("first");
    try (Connection c = admin.connect("test");
        Statement s = c.createStatement()) {
      s.execute("CREATE ROLE changing LOGIN PASSWORD " + verifier("first"));
      try (HikariDataSource pool = admin.withUser("changing", password::get).pool(SETTINGS)) {
        try (Connection first = pool.getConnection()) {
          assertThat(first.isValid(60)).isTrue();
          pool.evictConnection(first);
        }
        s.execute("ALTER ROLE changing PASSWORD " + verifier("second"));
        password.set("second");
        try (Connection second = pool.getConnection()) {
          assertThat(second.isValid(60)).isTrue();
        }
      }
    }
  }

  @Test
  void thePasswordIsInNoText() {
    Database database = new Database("::1", 5, "a/b ?", "u", () -> "canary");
    assertThat(database.toString()).isEqualTo("u@::1:5/a/b ?");
    assertThat(database.jdbcUrl())
        .isEqualTo("jdbc:postgresql://[::1]:5/a%2Fb%20%3F?sslmode=prefer");
  }

  @Test
  void aDatabaseOfAnyNameIsReached() throws SQLException {
    String name = "a/b ?&%+é\"'";
    Database admin = PostgresFixture.newDatabase();
    try (Connection c = admin.connect("test");
        Statement s = c.createStatement()) {
      s.execute("CREATE DATABASE " + Identifiers.quote(name));
    }
    try (Connection c = admin.withName(name).connect("test")) {
      assertThat(c.getCatalog()).isEqualTo(name);
    }
  }

  @Test
  void nonsenseIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Database("h", 0, "d", "u", () -> "p"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Database("h", 1, "d", "u", () -> "p", "require&x=y"));
    assertThatIllegalArgumentException().isThrownBy(() -> SETTINGS.withMaxSize(0));
  }

  private static PoolSettings limited(long statementMs) {
    return new PoolSettings(
        SETTINGS.name(),
        2,
        0,
        SETTINGS.connectLimit(),
        SETTINGS.borrowLimit(),
        Duration.ofMillis(statementMs),
        SETTINGS.idleLimit(),
        SETTINGS.lifeLimit());
  }

  private static String verifier(String password) {
    return Identifiers.literal(ScramVerifier.of(password.toCharArray(), new Random(1)));
  }
}
