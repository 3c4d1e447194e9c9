package io.copyhold.runtime.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.ProblemException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class EmbeddedPostgresTest {
  private @Nullable EmbeddedPostgres server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void theDefaultIsDurableAndClosedToOthers() throws SQLException {
    server = PostgresFixture.start(durable());
    Database database = server.database("postgres");
    assertThat(value(database, "SHOW fsync")).isEqualTo("on");
    assertThat(value(database, "SHOW synchronous_commit")).isEqualTo("on");
    assertThat(value(database, "SHOW full_page_writes")).isEqualTo("on");
    assertThat(value(database, "SHOW data_checksums")).isEqualTo("on");
    assertThat(value(database, "SHOW wal_level")).isEqualTo("logical");
    assertThat(value(database, "SHOW wal_segment_size")).isEqualTo("1MB");
    assertThat(value(database, "SHOW max_prepared_transactions")).isEqualTo("0");
    assertThat(value(database, "SHOW listen_addresses")).isEqualTo(PostgresFixture.loopback());
    assertThat(
            value(
                database, "SELECT datcollate FROM pg_database WHERE datname = current_database()"))
        .isEqualTo("C");
    assertThatThrownBy(() -> database.withUser("postgres", () -> "guess").connect("test"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("authentication failed");
  }

  @Test
  void whatWasAcknowledgedSurvivesAKill() throws Exception {
    EmbeddedPostgresSettings settings = durable();
    server = PostgresFixture.start(settings);
    execute(server.database("postgres"), "CREATE TABLE t AS SELECT 42 AS answer");
    ProcessHandle.of(server.pid()).orElseThrow().destroyForcibly();
    assertThat(server.exited().get(120, TimeUnit.SECONDS)).isNotZero();
    server.close();

    server = PostgresFixture.start(settings);
    assertThat(value(server.database("postgres"), "SELECT answer FROM t")).isEqualTo("42");
  }

  @Test
  void aCleanStopTellsItsOwnerAndGivesTheDirectoryFree() throws Exception {
    EmbeddedPostgresSettings settings = PostgresFixture.newSettings();
    server = PostgresFixture.start(settings);
    execute(server.database("postgres"), "CREATE TABLE t AS SELECT 1 AS one");
    server.close();
    assertThat(server.exited().get(120, TimeUnit.SECONDS)).isZero();
    assertThat(settings.directory().resolve("data/postmaster.pid")).doesNotExist();

    server = PostgresFixture.start(settings);
    assertThat(value(server.database("postgres"), "SELECT one FROM t")).isEqualTo("1");
  }

  @Test
  void aSecondOwnerIsRefusedWithThePid() {
    EmbeddedPostgresSettings settings = PostgresFixture.newSettings();
    server = PostgresFixture.start(settings);
    assertThatThrownBy(() -> EmbeddedPostgres.start(settings))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.code()).isEqualTo("directory-in-use");
              assertThat(e.what()).contains("process " + ProcessHandle.current().pid());
            });
    assertThat(server.exited()).isNotDone();
  }

  @Test
  void aTakenPortIsNamed() throws Exception {
    try (ServerSocket other =
        new ServerSocket(0, 1, InetAddress.getByName(PostgresFixture.loopback()))) {
      EmbeddedPostgresSettings settings =
          PostgresFixture.newSettings().at(PostgresFixture.loopback(), other.getLocalPort());
      assertThatThrownBy(() -> EmbeddedPostgres.start(settings))
          .isInstanceOfSatisfying(
              ProblemException.class,
              e -> {
                assertThat(e.code()).isEqualTo("port-taken");
                assertThat(e.what()).contains(Integer.toString(other.getLocalPort()));
              });
      other.close();
      server = PostgresFixture.start(settings); // the refusal left nothing behind
      assertThat(server.port()).isEqualTo(settings.port());
    }
  }

  @Test
  void aPidFileWhoseNumberBelongsToAnotherProgramIsStale() throws Exception {
    EmbeddedPostgresSettings settings = PostgresFixture.newSettings();
    server = PostgresFixture.start(settings);
    Path file = settings.directory().resolve("data/postmaster.pid");
    Path kept = settings.directory().resolve("kept.pid");
    Files.copy(file, kept);
    server.close();
    String other = Long.toString(ProcessHandle.current().pid());
    Files.writeString(kept, Files.readString(kept).replaceFirst("^[0-9]+", other));
    Files.move(kept, file, StandardCopyOption.ATOMIC_MOVE);

    server = PostgresFixture.start(settings);
    assertThat(value(server.database("postgres"), "SELECT 1")).isEqualTo("1");
  }

  @Test
  void dataOfAnotherVersionAreRefusedUntouched() throws Exception {
    EmbeddedPostgresSettings settings = PostgresFixture.newSettings();
    Path data = Files.createDirectories(settings.directory().resolve("data"));
    Files.writeString(data.resolve("PG_VERSION"), "14\n");
    assertThatThrownBy(() -> EmbeddedPostgres.start(settings))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.what()).contains("PostgreSQL 14", "is 18"));
    assertThat(data.resolve("PG_VERSION")).hasContent("14");
  }

  @Test
  void anInterruptedFirstStartIsDoneAgain() throws Exception {
    EmbeddedPostgresSettings settings = PostgresFixture.newSettings();
    Path half = Files.createDirectories(settings.directory().resolve("data.new/base"));
    Files.writeString(half.resolve("1"), "half-written");
    server = PostgresFixture.start(settings);
    assertThat(value(server.database("postgres"), "SELECT 1")).isEqualTo("1");
    assertThat(settings.directory().resolve("data.new")).doesNotExist();
  }

  @Test
  void thePasswordIsProtectedAndShownNowhere() throws Exception {
    EmbeddedPostgresSettings settings = PostgresFixture.newSettings();
    server = PostgresFixture.start(settings);
    Path file = settings.directory().resolve("superuser");
    String password = Files.readString(file).trim();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(settings.directory().resolve("superuser.initdb")).doesNotExist();
    assertThat(server.database("postgres").toString()).doesNotContain(password);
    assertThat(Files.readString(server.log())).doesNotContain(password);
    assertThat(ProcessHandle.of(server.pid()).orElseThrow().info().commandLine().orElseThrow())
        .doesNotContain(password);
  }

  @Test
  void onlyLoopbackAddressesAreAccepted() {
    for (String host : new String[] {"0.0.0.0", "192.168.1.1", "localhost", "example.org", "::"}) {
      assertThatThrownBy(() -> PostgresFixture.newSettings().at(host, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(host);
    }
  }

  private static EmbeddedPostgresSettings durable() {
    EmbeddedPostgresSettings s = PostgresFixture.newSettings();
    return new EmbeddedPostgresSettings(
        s.directory(),
        s.cache(),
        s.host(),
        0,
        true,
        s.maxConnections(),
        s.walSegmentMb(),
        s.log(),
        s.logLimitBytes(),
        s.startLimit(),
        s.stopLimit(),
        s.parameters());
  }

  private static String value(Database database, String sql) throws SQLException {
    try (Connection c = database.connect("test");
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      assertThat(r.next()).isTrue();
      return r.getString(1);
    }
  }

  private static void execute(Database database, String sql) throws SQLException {
    try (Connection c = database.connect("test");
        Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }
}
