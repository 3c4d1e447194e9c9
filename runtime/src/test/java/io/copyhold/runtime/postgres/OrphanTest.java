package io.copyhold.runtime.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.security.auth.module.UnixSystem;
import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.ProblemException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of a server whose owner is killed. */
class OrphanTest {
  private @Nullable Process owner;
  private @Nullable EmbeddedPostgres successor;

  @AfterEach
  void end() throws InterruptedException {
    if (owner != null) {
      owner.destroyForcibly().waitFor();
    }
    if (successor != null) {
      successor.close();
    }
  }

  @Test
  void itShutsDownCleanlyByItself() throws Exception {
    assumeTrue(onPath("setpriv") != null, "no setpriv: no parent-death signal");
    EmbeddedPostgresSettings settings = settings(PostgresFixture.newDirectory());
    ProcessHandle orphan = killedOwnersServer(settings, new ProcessBuilder());
    orphan.onExit().get(120, TimeUnit.SECONDS);
    assertThat(settings.directory().resolve("data/postmaster.pid")).doesNotExist();
    requireNothingLost(settings);
  }

  @Test
  void withoutParentDeathSignalTheNextStartStopsItFirst() throws Exception {
    ProcessBuilder withoutSetpriv = new ProcessBuilder();
    Path parent = PostgresFixture.newDirectory();
    Path programs = Files.createDirectory(parent.resolve("programs"));
    for (String name : List.of("unshare", "test")) {
      Path program = onPath(name);
      if (program != null) {
        Files.createSymbolicLink(programs.resolve(name), program);
      }
    }
    withoutSetpriv.environment().put("PATH", programs.toString());
    if (new UnixSystem().getUid() == 0) {
      assumeTrue(userNamespaces(), "root, and no user namespaces: setpriv is the only way");
    }
    EmbeddedPostgresSettings settings = settings(parent.resolve("server"));
    ProcessHandle orphan = killedOwnersServer(settings, withoutSetpriv);
    assertThat(orphan.isAlive()).isTrue();
    requireNothingLost(settings);
    assertThat(orphan.isAlive()).isFalse();
  }

  @Test
  void aLivingOwnerIsRespected() throws Exception {
    EmbeddedPostgresSettings settings = settings(PostgresFixture.newDirectory());
    long server = start(settings, new ProcessBuilder());
    assertThat(DirectoryLock.holder(settings.directory())).hasValue(owner().pid());
    assertThatThrownBy(() -> EmbeddedPostgres.start(settings))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> assertThat(e.what()).contains("in use by process " + owner().pid()));
    assertThat(ProcessHandle.of(server)).isPresent();
  }

  @Test
  void askingTwiceDoesNotGiveUpOurOwnLock() throws Exception {
    EmbeddedPostgresSettings settings = settings(PostgresFixture.newDirectory());
    successor = PostgresFixture.start(settings);
    assertThatThrownBy(() -> EmbeddedPostgres.start(settings)).isInstanceOf(ProblemException.class);
    assertThat(DirectoryLock.holder(settings.directory())).hasValue(ProcessHandle.current().pid());
    assertThatThrownBy(() -> start(settings, new ProcessBuilder()))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("in use by process " + ProcessHandle.current().pid());
  }

  @Test
  void rootReachesADirectoryThatOnlyRootMayEnter() throws Exception {
    assumeTrue(new UnixSystem().getUid() == 0 && userNamespaces(), "needs root and namespaces");
    Path parent = PostgresFixture.newDirectory();
    Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwx------"));
    EmbeddedPostgresSettings settings = settings(parent.resolve("server"));
    for (int start = 1; start <= 2; start++) {
      try (EmbeddedPostgres server = PostgresFixture.start(settings);
          Connection c = server.database("postgres").connect("test")) {
        assertThat(c.isValid(60)).isTrue();
      }
    }
  }

  private ProcessHandle killedOwnersServer(
      EmbeddedPostgresSettings settings, ProcessBuilder environment) throws Exception {
    long pid = start(settings, environment);
    owner().destroyForcibly().waitFor();
    return ProcessHandle.of(pid).orElseThrow();
  }

  /** Starts an owner with a server, writes a row, and returns the server's process id. */
  private long start(EmbeddedPostgresSettings settings, ProcessBuilder environment)
      throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                ServerOwner.class.getName(),
                settings.directory().toString()));
    Process process = environment.command(command).redirectErrorStream(true).start();
    owner = process;
    BufferedReader output =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    StringBuilder all = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      all.append(line).append('\n');
      if (line.startsWith("started ")) {
        String[] words = line.split(" ");
        String password = Files.readString(settings.directory().resolve("superuser"));
        Database database =
            new Database(
                "127.0.0.1", Integer.parseInt(words[2]), "postgres", "postgres", () -> password);
        try (Connection c = database.connect("test");
            Statement s = c.createStatement()) {
          s.execute("CREATE TABLE t AS SELECT 42 AS answer");
        }
        return Long.parseLong(words[1]);
      }
    }
    throw new AssertionError("the owner did not start its server: " + all);
  }

  private void requireNothingLost(EmbeddedPostgresSettings settings) throws Exception {
    EmbeddedPostgres server = PostgresFixture.start(settings);
    successor = server;
    try (Connection c = server.database("postgres").connect("test");
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery("SELECT answer FROM t")) {
      assertThat(r.next()).isTrue();
      assertThat(r.getInt(1)).isEqualTo(42);
    }
    assertThat(Files.readString(server.log()))
        .contains("database system was shut down at") // a checkpoint was written
        .doesNotContain("not properly shut down", "was interrupted");
  }

  private Process owner() {
    if (owner == null) {
      throw new IllegalStateException("no owner started");
    }
    return owner;
  }

  private static EmbeddedPostgresSettings settings(Path directory) {
    return EmbeddedPostgresSettings.from(
        ConfigFactory.load().getConfig("copyhold.postgres.embedded"), directory);
  }

  private static boolean userNamespaces() throws IOException, InterruptedException {
    return onPath("unshare") != null
        && new ProcessBuilder("unshare", "-U", "true").start().waitFor() == 0;
  }

  private static @Nullable Path onPath(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
        .map(d -> Path.of(d, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }
}
