package io.copyhold.config.secret;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.ControlSchema;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PoolSettings;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsTest extends SecretsContract {
  private static final SecretRef REF = SecretRef.parse("secret:stores/s1/admin");
  private static final String CANARY = "canary-7Gq2vXw9";

  @TempDir private Path directory;

  private final Database server = PostgresFixture.newDatabase();
  private final HikariDataSource database =
      server.pool(
          PoolSettings.from(
              "secrets-test", ConfigFactory.load().getConfig("copyhold.postgres.pool")));

  @BeforeEach
  void schema() throws SQLException {
    new ControlSchema(List.of(PostgresSecretRows.SCHEMA), Duration.ofMinutes(2)).apply(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void theyAreFoundAgainWithTheSameKeyFile() {
    open().put(REF, Secret.of(CANARY));
    assertThat(open().require(REF).reveal()).isEqualTo(CANARY);
  }

  @Test
  void theDatabaseNeverHoldsThePlainSecret() throws SQLException {
    open().put(REF, Secret.of(CANARY));
    String hex = HexFormat.of().formatHex(CANARY.getBytes(StandardCharsets.UTF_8));
    assertThat(value("SELECT encode(sealed, 'hex') FROM copyhold.secret")).doesNotContain(hex);
  }

  @Test
  void aRowUnderAnotherNameDoesNotOpen() throws SQLException {
    SealedSecrets secrets = open();
    secrets.put(REF, Secret.of(CANARY));
    secrets.put(new SecretRef("stores/s2/admin"), Secret.of("weak"));
    execute(
        "UPDATE copyhold.secret SET sealed ="
            + " (SELECT sealed FROM copyhold.secret WHERE name = 'stores/s1/admin')"
            + " WHERE name = 'stores/s2/admin'");
    assertThatThrownBy(() -> secrets.get(new SecretRef("stores/s2/admin")))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.code()).isEqualTo("secret-unreadable"))
        .satisfies(SecretsTest::requireNoCanary);
  }

  @Test
  void theKeyFileIsProtected() throws Exception {
    open();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keyFile())))
        .isEqualTo("rw-------");
    Files.setPosixFilePermissions(keyFile(), PosixFilePermissions.fromString("rw-r--r--"));
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.code()).isEqualTo("key-file-open"));
  }

  @Test
  void aMissingKeyFileIsNotMadeAnew() throws Exception {
    open().put(REF, Secret.of(CANARY));
    Files.delete(keyFile());
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.code()).isEqualTo("key-file-missing"));
    assertThat(keyFile()).doesNotExist();
  }

  @Test
  void theKeyFileOfAnotherDatabaseIsRefused() {
    open();
    Path other = directory.resolve("other.key");
    KeyFile.readOrCreate(other);
    assertThatThrownBy(() -> SealedSecrets.open(new PostgresSecretRows(database), other))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.code()).isEqualTo("key-file-wrong"));
  }

  @Test
  void aDamagedKeyFileIsRefusedWithoutQuotingIt() throws Exception {
    open();
    String key = Files.readString(keyFile());
    Files.writeString(keyFile(), key.substring(0, key.length() / 2) + CANARY);
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.code()).isEqualTo("key-file-wrong"))
        .satisfies(SecretsTest::requireNoCanary);
  }

  @Test
  void rotationSealsAllAnewAndOtherProcessesFollow() throws SQLException {
    SealedSecrets one = open();
    SealedSecrets two = open();
    one.put(REF, Secret.of(CANARY));
    String before = value("SELECT encode(sealed, 'hex') FROM copyhold.secret");
    assertThat(one.rotate()).isOne();
    assertThat(value("SELECT encode(sealed, 'hex') FROM copyhold.secret")).isNotEqualTo(before);
    assertThat(KeyFile.read(keyFile()).size()).isEqualTo(2);
    assertThat(two.require(REF).reveal()).isEqualTo(CANARY);
    assertThat(open().require(REF).reveal()).isEqualTo(CANARY);
  }

  @Test
  void aDatabaseThatIsAwayIsNotNow() {
    Database nowhere = new Database("127.0.0.1", 1, "d", "u", () -> CANARY);
    PoolSettings settings =
        new PoolSettings(
            "away",
            1,
            0,
            Duration.ofSeconds(1),
            Duration.ofMillis(250),
            Duration.ofSeconds(1),
            Duration.ofSeconds(10),
            Duration.ofSeconds(30));
    try (HikariDataSource away = nowhere.pool(settings)) {
      assertThatThrownBy(() -> SealedSecrets.open(new PostgresSecretRows(away), keyFile()))
          .isInstanceOfSatisfying(
              ProblemException.class, e -> assertThat(e.code()).isEqualTo("secrets-away"))
          .satisfies(SecretsTest::requireNoCanary);
    }
    assertThat(keyFile()).doesNotExist();
  }

  @Test
  void nothingShowsASecretUnasked() {
    assertThat(Secret.of(CANARY).toString()).doesNotContain(CANARY);
    assertThat(KeyFile.readOrCreate(keyFile()).toString()).isEqualTo("KeyFile(hidden)");
    for (String wrong :
        List.of(CANARY, "secret:" + CANARY, "secret:", "secret:a//b", "secret:/a")) {
      assertThatThrownBy(() -> SecretRef.parse(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .satisfies(SecretsTest::requireNoCanary);
    }
    assertThatThrownBy(() -> new SecretRef("a".repeat(201)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aRandomSecretIsAsRandomAsItsSource() {
    assertThat(Secret.random(new Random(1))).isEqualTo(Secret.random(new Random(1)));
    assertThat(Secret.random(new Random(1))).isNotEqualTo(Secret.random(new Random(2)));
    assertThat(Secret.random(new SecureRandom()).reveal()).matches("[A-Za-z0-9]{32}");
  }

  private static void requireNoCanary(Throwable e) {
    StringWriter text = new StringWriter();
    e.printStackTrace(new PrintWriter(text));
    assertThat(text.toString()).doesNotContain(CANARY);
  }

  @Override
  SealedSecrets open() {
    return SealedSecrets.open(new PostgresSecretRows(database), keyFile());
  }

  private Path keyFile() {
    return directory.resolve("secrets.key");
  }

  private String value(String sql) throws SQLException {
    try (Connection c = database.getConnection();
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      assertThat(r.next()).isTrue();
      return r.getString(1);
    }
  }

  private void execute(String sql) throws SQLException {
    try (Connection c = database.getConnection();
        Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }
}
