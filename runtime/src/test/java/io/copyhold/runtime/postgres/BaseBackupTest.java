package io.copyhold.runtime.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.process.Unprivileged;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Base backups of a real server, over the replication protocol, brought to life again. */
class BaseBackupTest {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static EmbeddedPostgres server;
  private static Path archive;

  @BeforeAll
  static void start() throws Exception {
    archive = PostgresFixture.newDirectory();
    Unprivileged.on(archive);
    server =
        PostgresFixture.start(
            PostgresFixture.newSettings()
                .withParameter("archive_mode", "on")
                .withParameter("archive_library", "basic_archive")
                .withParameter("basic_archive.archive_directory", archive.toString()));
    run("create table t (n int primary key)");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void run(String sql) throws SQLException {
    run(server.database("postgres"), sql);
  }

  private static void run(Database database, String sql) throws SQLException {
    try (Connection c = database.connect("test");
        Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }

  private static long number(Database database, String sql) throws SQLException {
    try (Connection c = database.connect("test");
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      r.next();
      return r.getLong(1);
    }
  }

  private static BaseBackup take(AtomicLong bytes) throws Exception {
    return take(PostgresFixture.newDirectory(), bytes);
  }

  private static BaseBackup take(Path directory, AtomicLong bytes) throws Exception {
    BaseBackup backup = new BaseBackup(directory);
    try (Replication connection = Replication.open(server.database("postgres"), LIMIT)) {
      Replication.Span span = backup.take(connection, "test", bytes::set);
      assertThat(span.timeline()).isEqualTo(1);
      assertThat(span.end()).isGreaterThan(span.start());
    }
    return backup;
  }

  @Test
  void whatWasCommittedBeforeTheBackupIsInIt() throws Exception {
    run("insert into t select generate_series(1, 1000) on conflict do nothing");
    AtomicLong bytes = new AtomicLong();
    BaseBackup backup = take(bytes);
    assertThat(bytes.get()).isGreaterThan(1_000_000);
    assertThat(backup.verify()).isGreaterThan(500);
    EmbeddedPostgresSettings settings = PostgresFixture.newSettings();
    RestoredServer.make(settings, backup, null, null);
    try (EmbeddedPostgres restored = EmbeddedPostgres.start(settings)) {
      assertThat(number(restored.database("postgres"), "select count(*) from t where n <= 1000"))
          .isEqualTo(1_000);
      run(restored.database("postgres"), "insert into t values (-1)");
    }
  }

  @Test
  void theArchiveLeadsToAnyTimeAfterTheBackup() throws Exception {
    BaseBackup backup = take(new AtomicLong());
    run("insert into t values (5001)");
    Instant until;
    try (Connection c = server.database("postgres").connect("test");
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("select clock_timestamp()")) {
      r.next();
      until = r.getTimestamp(1).toInstant();
    }
    run("insert into t values (5002)");
    String last;
    try (Connection c = server.database("postgres").connect("test");
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("select pg_walfile_name(pg_switch_wal())")) {
      r.next();
      last = r.getString(1);
    }
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!Files.exists(archive.resolve(last))) {
      assertThat(System.nanoTime()).as("archived in time").isLessThan(deadline);
      Thread.sleep(50);
    }
    EmbeddedPostgresSettings settings = PostgresFixture.newSettings();
    RestoredServer.make(settings, backup, archive, until);
    try (EmbeddedPostgres restored = EmbeddedPostgres.start(settings)) {
      assertThat(number(restored.database("postgres"), "select max(n) from t")).isEqualTo(5_001);
    }
  }

  @Test
  void aDamagedBackupIsRefusedWithTheFile() throws Exception {
    Path taken = PostgresFixture.newDirectory();
    assertThat(take(taken, new AtomicLong()).verify()).isPositive();
    Path other = PostgresFixture.newDirectory();
    Files.copy(taken.resolve("base.tar.gz"), other.resolve("base.tar.gz"));
    String manifest = Files.readString(taken.resolve("backup_manifest"));
    Files.writeString(
        other.resolve("backup_manifest"),
        manifest.replaceFirst("(\"PG_VERSION\".*?\"Checksum\": \")[0-9a-f]{8}", "$100000000"));
    assertThatThrownBy(() -> new BaseBackup(other).verify())
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("PG_VERSION");
  }

  @Test
  void aWrongPasswordIsRefused() {
    Database wrong =
        new Database(
            PostgresFixture.loopback(),
            server.port(),
            "postgres",
            "postgres",
            () -> "no",
            "disable");
    assertThatThrownBy(() -> Replication.open(wrong, LIMIT))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("password authentication failed");
  }
}
