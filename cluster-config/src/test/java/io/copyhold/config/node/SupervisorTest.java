package io.copyhold.config.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.config.node.ChildState.Phase;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PostgresFixture;
import io.copyhold.runtime.process.ProtectedFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** On real processes: databases, node processes, and the supervisor itself. */
class SupervisorTest {
  static final NodeCommand TINY =
      NodeCommand.jvm(TinyNode.class.getName(), List.of("-Xmx64m", "-XX:+UseSerialGC"));

  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final Path data = PostgresFixture.newDirectory().resolve("data");
  private @Nullable Supervisor supervisor;
  private @Nullable Process process;

  @AfterEach
  void end() throws InterruptedException {
    if (supervisor != null) {
      supervisor.close();
    }
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  @Test
  void aKilledDatabaseIsStartedAgainAtItsAddressWithItsData() throws Exception {
    Supervisor up = up(0, List.of("store-a"));
    execute(control(), "CREATE TABLE t AS SELECT 42 AS answer");
    ChildState before = child(up, "control");
    kill(before.pid());
    await(() -> child(up, "control").restarts() == 1);
    ChildState after = child(up, "control");
    assertThat(after.phase()).isEqualTo(Phase.RUNNING);
    assertThat(after.pid()).isNotEqualTo(before.pid());
    assertThat(after.port()).isEqualTo(before.port());
    assertThat(value(control(), "SELECT answer FROM t")).isEqualTo("42");
    assertThat(child(up, "store-a").restarts()).isZero();
  }

  @Test
  void aKilledNodeIsStartedAgain() throws Exception {
    Supervisor up = up(1, List.of());
    await(() -> Files.exists(data.resolve("nodes/node-1.started")));
    ChildState before = child(up, "node-1");
    kill(before.pid());
    await(() -> child(up, "node-1").restarts() == 1);
    assertThat(child(up, "node-1").pid()).isNotEqualTo(before.pid());
    Path log = data.resolve("log/node-1.log"); // written by a thread of its own
    await(() -> Files.exists(log) && Files.readString(log).contains("node-1 started"));
  }

  @Test
  void whenTheSupervisorIsKilledItsChildrenEndCleanlyAndNothingIsLost() throws Exception {
    startProcess();
    await(() -> Files.exists(data.resolve("nodes/node-2.started")));
    SupervisorState state = SupervisorState.read(data).orElseThrow();
    assertThat(state.pid()).isEqualTo(process().pid());
    assertThat(state.children())
        .extracting(ChildState::name)
        .containsExactly("control", "store-a", "node-1", "node-2");
    execute(control(), "CREATE TABLE t AS SELECT 42 AS answer");
    List<ProcessHandle> children =
        state.children().stream().map(c -> ProcessHandle.of(c.pid()).orElseThrow()).toList();

    process().destroyForcibly().waitFor();

    for (ProcessHandle child : children) {
      child.onExit().get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
    assertThat(data.resolve("nodes/node-1.ended")).exists();
    assertThat(data.resolve("nodes/node-2.ended")).exists();
    assertThat(data.resolve("postgres/control/data/postmaster.pid")).doesNotExist();
    assertThat(SupervisorState.read(data)).isEmpty();

    Supervisor again = up(0, List.of("store-a"));
    assertThat(value(control(), "SELECT answer FROM t")).isEqualTo("42");
    for (String name : List.of("control", "store-a")) {
      assertThat(child(again, name).port()).isEqualTo(state.child(name).orElseThrow().port());
      assertThat(data.resolve("log/" + name + ".log"))
          .content()
          .doesNotContain("not properly shut down", "was interrupted");
    }
  }

  @Test
  void aSecondOneIsRefusedWithThePid() throws Exception {
    startProcess();
    assertThatThrownBy(() -> up(0, List.of()))
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.code()).isEqualTo("directory-in-use");
              assertThat(e.what()).contains(data + " is in use by process " + process().pid());
            });
    assertThat(SupervisorState.read(data).orElseThrow().children())
        .allMatch(c -> c.phase() == Phase.RUNNING);
  }

  @Test
  void downEndsNodesBeforeDatabasesAndUpFindsTheSameAddresses() throws Exception {
    startProcess();
    await(() -> Files.exists(data.resolve("nodes/node-1.started")));
    SupervisorState state = SupervisorState.read(data).orElseThrow();
    assertThat(data.resolve("nodes/node-1.started")).hasContent("copyhold@copyhold");

    assertThat(RunningSupervisor.stop(data, LIMIT)).isTrue();

    assertThat(data.resolve("nodes/node-1.ended")).hasContent("copyhold@copyhold");
    assertThat(state.children()).allMatch(c -> ProcessHandle.of(c.pid()).isEmpty());
    assertThat(data.resolve("log/control.log")).content().contains("database system is shut down");
    assertThat(RunningSupervisor.stop(data, LIMIT)).isFalse();

    Supervisor again = up(2, List.of("store-a"));
    assertThat(again.state().children())
        .extracting(ChildState::port)
        .isEqualTo(state.children().stream().map(ChildState::port).toList());
  }

  @Test
  void aNodeThatKeepsFailingIsGivenUpVisibly() throws Exception {
    Supervisor up =
        Supervisor.start(
            settings(data, PostgresFixture.loopback(), 1, List.of()),
            _ -> List.of("sh", "-c", "echo no luck; exit 3"),
            InstantSource.system());
    supervisor = up;
    await(() -> child(up, "node-1").phase() == Phase.GAVE_UP);
    assertThat(child(up, "node-1").note()).isEqualTo("ended with 3");
    assertThat(child(up, "node-1").restarts()).isEqualTo(2);
    assertThat(child(up, "control").phase()).isEqualTo(Phase.RUNNING);
    assertThat(data.resolve("log/node-1.log")).content().contains("no luck");
    await(() -> SupervisorState.read(data).equals(Optional.of(up.state())));
  }

  @Test
  void aDatabaseThatCannotStartLeavesNothingRunning() throws Exception {
    up(0, List.of("store-a")).close();
    int port = SupervisorTest.remembered(data, "postgres.store-a");
    try (ServerSocket other =
        new ServerSocket(port, 1, InetAddress.getByName(PostgresFixture.loopback()))) {
      assertThat(other.isBound()).isTrue();
      assertThatThrownBy(() -> up(0, List.of("store-a")))
          .isInstanceOfSatisfying(
              ProblemException.class, e -> assertThat(e.code()).isEqualTo("port-taken"));
    }
    assertThat(data.resolve("postgres/control/data/postmaster.pid")).doesNotExist();
    up(0, List.of("store-a"));
  }

  @Test
  void aDirectoryOfAnotherReleaseIsRefused() throws Exception {
    Files.createDirectories(data);
    Files.writeString(data.resolve("format"), "99\n");
    assertThatThrownBy(() -> up(0, List.of()))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("format 99");
    assertThat(data.resolve("postgres")).doesNotExist();
  }

  @Test
  void aServerOfTheUsersOwnTakesThePlaceOfTheEmbeddedOne() throws Exception {
    Database own = PostgresFixture.newDatabase();
    Path password = Files.writeString(data.resolveSibling("password"), own.password().get());
    Map<String, Object> address =
        Map.of(
            "copyhold.journal.host", own.host(),
            "copyhold.journal.port", own.port(),
            "copyhold.journal.database", own.name(),
            "copyhold.journal.user", own.user(),
            "copyhold.journal.password-file", password.toString());
    SupervisorSettings settings =
        SupervisorSettings.from(
            ConfigFactory.parseMap(address)
                .withFallback(config(PostgresFixture.loopback(), 1, List.of())),
            data);
    Supervisor up = Supervisor.start(settings, TINY, InstantSource.system());
    supervisor = up;
    assertThat(up.state().children()).extracting(ChildState::name).containsExactly("node-1");
    await(() -> Files.exists(data.resolve("nodes/node-1.started")));
    await(() -> !Files.readString(data.resolve("nodes/node-1.started")).isEmpty());
    assertThat(data.resolve("nodes/node-1.started")).hasContent(own.user() + "@" + own.name());
  }

  @Test
  void noPasswordStandsOutsideThePasswordFiles() throws Exception {
    Supervisor up = up(1, List.of("store-a"));
    await(() -> Files.exists(data.resolve("nodes/node-1.started")));
    up.close();
    List<String> passwords = new ArrayList<>();
    for (String name : List.of("control", "store-a")) {
      passwords.add(Files.readString(data.resolve("postgres/" + name + "/superuser")).strip());
      passwords.add(
          Files.readString(data.resolve("postgres/" + name + "/copyhold.password")).strip());
    }
    assertThat(passwords).hasSize(4).doesNotHaveDuplicates();
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String name = String.valueOf(file.getFileName());
        if (!name.equals("superuser") && !name.equals("copyhold.password")) {
          String content = Files.readString(file, StandardCharsets.ISO_8859_1);
          assertThat(passwords).noneMatch(content::contains);
        }
      }
    }
  }

  @Test
  void theRoleOfAnExampleStoreIsNoSuperuserButMayCreateTenants() throws Exception {
    up(0, List.of("store-a"));
    Database store =
        new Database(
            PostgresFixture.loopback(),
            remembered(data, "postgres.store-a"),
            "postgres",
            "copyhold",
            ProtectedFile.secret(data.resolve("postgres/store-a/copyhold.password")));
    assertThat(value(store, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"))
        .isEqualTo("f");
    execute(store, "CREATE ROLE acme LOGIN");
    execute(store, "GRANT acme TO CURRENT_USER");
    execute(store, "CREATE DATABASE acme OWNER acme");
    execute(store, "SET ROLE acme");
    execute(control(), "CREATE SCHEMA mine");
  }

  private Supervisor up(int nodes, List<String> stores) throws IOException {
    Supervisor up =
        Supervisor.start(
            settings(data, PostgresFixture.loopback(), nodes, stores),
            TINY,
            InstantSource.system());
    supervisor = up;
    return up;
  }

  private void startProcess() throws IOException {
    Process started =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                SupervisorProcess.class.getName(),
                data.toString(),
                PostgresFixture.loopback())
            .redirectErrorStream(true)
            .start();
    process = started;
    BufferedReader output =
        new BufferedReader(new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
    StringBuilder all = new StringBuilder();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      all.append(line).append('\n');
      if (line.equals("up")) {
        return;
      }
    }
    throw new AssertionError("the supervisor did not start: " + all);
  }

  private Process process() {
    if (process == null) {
      throw new IllegalStateException("no process");
    }
    return process;
  }

  static SupervisorSettings settings(Path data, String host, int nodes, List<String> stores) {
    return SupervisorSettings.from(config(host, nodes, stores), data);
  }

  private static Config config(String host, int nodes, List<String> stores) {
    Map<String, Object> all = new HashMap<>();
    all.put("copyhold.supervisor.nodes", nodes);
    all.put("copyhold.supervisor.stores", stores);
    all.put("copyhold.supervisor.host", host);
    for (String kind : List.of("http", "remoting", "postgres")) {
      all.put("copyhold.supervisor.ports." + kind + ".wanted", 0);
    }
    all.put("copyhold.supervisor.restart.min-backoff", "10ms");
    all.put("copyhold.supervisor.restart.max-backoff", "100ms");
    all.put("copyhold.supervisor.restart.attempts", 2);
    return ConfigFactory.parseMap(all).withFallback(ConfigFactory.load());
  }

  private Database control() throws IOException {
    return new Database(
        PostgresFixture.loopback(),
        remembered(data, "postgres.control"),
        "copyhold",
        "copyhold",
        ProtectedFile.secret(data.resolve("postgres/control/copyhold.password")));
  }

  private static int remembered(Path data, String name) throws IOException {
    Config ports = ConfigFactory.parseString(Files.readString(data.resolve("ports.json")));
    return ports.getInt("\"" + name + "\"");
  }

  private static ChildState child(Supervisor supervisor, String name) {
    return supervisor.state().child(name).orElseThrow();
  }

  private static void kill(long pid) {
    assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("waited for " + LIMIT).isLessThan(deadline);
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }

  private static void execute(Database database, String sql) throws Exception {
    try (Connection c = database.connect("test");
        Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }

  private static String value(Database database, String sql) throws Exception {
    try (Connection c = database.connect("test");
        Statement s = c.createStatement();
        ResultSet r = s.executeQuery(sql)) {
      assertThat(r.next()).isTrue();
      return r.getString(1);
    }
  }
}
