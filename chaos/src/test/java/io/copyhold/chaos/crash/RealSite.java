package io.copyhold.chaos.crash;

import com.typesafe.config.ConfigFactory;
import io.copyhold.config.node.ChildState;
import io.copyhold.config.node.NodeCommand;
import io.copyhold.config.node.Supervisor;
import io.copyhold.config.node.SupervisorSettings;
import io.copyhold.http.node.FirstToken;
import io.copyhold.http.node.Main;
import io.copyhold.runtime.RuntimeConfig;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PostgresFixture;
import io.copyhold.runtime.process.ProtectedFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code copyhold up} starts, with this JVM as its supervisor: databases and a node in
 * processes of their own, which can be killed.
 */
final class RealSite implements Installed, AutoCloseable {
  static final String NODE = "node-1";
  static final String CONTROL = "control";

  private final Path data;
  private final Supervisor supervisor;
  private Rest rest;

  /**
   * @param more settings of the node
   */
  RealSite(Map<String, Object> more) throws Exception {
    this.data = PostgresFixture.newDirectory();
    Map<String, Object> told = new HashMap<>(more);
    told.put("copyhold.supervisor.nodes", 1);
    told.put("copyhold.supervisor.stores", List.of(STORE));
    told.put("copyhold.supervisor.host", PostgresFixture.loopback());
    for (String kind : List.of("http", "remoting", "postgres")) {
      told.put("copyhold.supervisor.ports." + kind + ".wanted", 0);
    }
    told.put("copyhold.http.rate-burst", 100_000);
    told.put("copyhold.http.rate-per-second", 100_000);
    this.supervisor =
        Supervisor.start(
            SupervisorSettings.from(RuntimeConfig.of(ConfigFactory.parseMap(told)), data),
            NodeCommand.jvm(
                Main.class.getName(),
                List.of(
                    "--sun-misc-unsafe-memory-access=allow",
                    "--enable-native-access=ALL-UNNAMED",
                    "-XX:+UseSerialGC",
                    "-Xmx512m")),
            InstantSource.system());
    this.rest = open();
    awaitReady(STORE);
    Changelogs.publish(rest);
  }

  Path data() {
    return data;
  }

  ChildState child(String name) {
    return supervisor.state().child(name).orElseThrow();
  }

  private Rest open() throws Exception {
    Path token = FirstToken.file(data);
    URI url = URI.create("http://" + PostgresFixture.loopback() + ":" + child(NODE).port());
    try (Rest anybody = new Rest(url, "none")) {
      Rest.until(
          "the node is ready; read " + data.resolve("log/node-1.log"),
          () -> Files.exists(token) && ready(anybody));
    }
    return new Rest(url, Files.readString(token).strip());
  }

  private static boolean ready(Rest rest) throws Exception {
    try {
      return rest.send("GET", "/health/ready", null).status() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** kill -9; its supervisor starts it again. */
  ChildState kill(String name) {
    ChildState killed = child(name);
    ProcessHandle process = ProcessHandle.of(killed.pid()).orElseThrow();
    process.destroyForcibly();
    process.onExit().join();
    return killed;
  }

  /** Waits until another process has taken its place and the node is ready. */
  void awaitBack(ChildState killed) throws Exception {
    Rest.until(
        killed.name() + " runs anew",
        () -> {
          ChildState now = child(killed.name());
          return now.phase() == ChildState.Phase.RUNNING && now.pid() != killed.pid();
        });
    Rest.until("the node is ready", () -> ready(rest));
  }

  @Override
  public Rest rest() {
    return rest;
  }

  @Override
  public Database control() {
    return database(CONTROL, "copyhold");
  }

  @Override
  public Database store(String database) {
    return database(STORE, database);
  }

  private Database database(String server, String name) {
    return new Database(
        PostgresFixture.loopback(),
        child(server).port(),
        name,
        role(),
        ProtectedFile.secret(data.resolve("postgres").resolve(server).resolve("copyhold.password")),
        "disable");
  }

  /** A server's superuser. */
  Database superuser(String server) throws IOException {
    String password =
        Files.readString(data.resolve("postgres").resolve(server).resolve("superuser")).strip();
    return database(server, "postgres").withUser("postgres", () -> password);
  }

  @Override
  public Map<String, Object> registration(String id) {
    throw new UnsupportedOperationException("the store is registered by the node itself");
  }

  @Override
  public String role() {
    return "copyhold";
  }

  @Override
  public void close() {
    rest.close();
    supervisor.close();
  }
}
