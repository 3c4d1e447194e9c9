package io.copyhold.chaos.installation;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.config.node.ChildState;
import io.copyhold.config.node.NodeCommand;
import io.copyhold.config.node.Supervisor;
import io.copyhold.config.node.SupervisorSettings;
import io.copyhold.config.node.SupervisorState;
import io.copyhold.http.node.FirstToken;
import io.copyhold.http.node.Main;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.RuntimeConfig;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.process.ProtectedFile;
import java.io.Closeable;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;

/**
 * What {@code copyhold up} starts, in one directory, on free ports: a control database, two stores,
 * one or more nodes in processes of their own.
 */
@PortAdapter
public final class Installation implements Closeable {
  public static final List<String> STORES = List.of("store-a", "store-b");
  private static final String NODE = "node-1";

  /** A cold start on a loaded machine; a warm one takes some ten seconds. */
  private static final Duration READY_LIMIT = Duration.ofMinutes(4);

  private static final Duration LOOK = Duration.ofMillis(100);

  private final Path data;
  private final String host;
  private final Supervisor supervisor;

  private Installation(Path data, String host, Supervisor supervisor) {
    this.data = data;
    this.host = host;
    this.supervisor = supervisor;
  }

  /** Starts it with one node; the databases are ready when this returns, the node is not. */
  public static Installation start(Path data) throws IOException {
    return start(data, 1, Map.of());
  }

  /**
   * @param settings beside and before those that it has anyway
   */
  public static Installation start(Path data, Map<String, Object> settings) throws IOException {
    return start(data, 1, settings);
  }

  /**
   * Starts it; the databases are ready when this returns, the nodes are not.
   *
   * @param more settings, over those that make it an installation of its own
   */
  public static Installation start(Path data, int nodes, Map<String, ?> more) throws IOException {
    Config told =
        ConfigFactory.parseMap(more)
            .withFallback(
                ConfigFactory.parseMap(
                    Map.of(
                        "copyhold.supervisor.nodes", nodes,
                        "copyhold.supervisor.stores", STORES,
                        "copyhold.supervisor.ports.http.wanted", 0,
                        "copyhold.supervisor.ports.remoting.wanted", 0,
                        "copyhold.supervisor.ports.postgres.wanted", 0)));
    NodeCommand node =
        NodeCommand.jvm(
            Main.class.getName(),
            List.of(
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-Dslf4j.internal.verbosity=ERROR",
                // not what a test's class path holds: a node's log is what one reads when it fails
                "-Dlogback.configurationFile=logback.xml",
                "-XX:+UseSerialGC",
                "-Xmx512m"));
    SupervisorSettings settings = SupervisorSettings.from(RuntimeConfig.of(told), data);
    return new Installation(
        data, settings.host(), Supervisor.start(settings, node, InstantSource.system()));
  }

  public Path logs() {
    return data.resolve("log");
  }

  public SupervisorState state() {
    return supervisor.state();
  }

  /** The first node as the supervisor sees it. */
  public ChildState node() {
    return node(NODE);
  }

  /** A node as the supervisor sees it. */
  public ChildState node(String name) {
    return supervisor.state().child(name).orElseThrow();
  }

  /** All nodes as the supervisor sees them. */
  public List<ChildState> nodes() {
    return supervisor.state().children().stream()
        .filter(child -> child.name().startsWith("node-"))
        .toList();
  }

  public URI url() {
    return url(node());
  }

  /** Where a node's API listens. */
  public URI url(ChildState node) {
    return URI.create("http://" + host + ":" + node.port());
  }

  /** Waits for all nodes to be ready and opens the API as the operator. */
  public Api open() throws IOException, InterruptedException {
    Path token = FirstToken.file(data);
    long end = System.nanoTime() + READY_LIMIT.toNanos();
    for (ChildState each : nodes()) {
      try (Api anybody = new Api(url(each), "none")) {
        while (!(anybody.answers("/health/ready", Duration.ofSeconds(3)) && Files.exists(token))) {
          ChildState node = node(each.name());
          if (node.phase() == ChildState.Phase.GAVE_UP || System.nanoTime() - end > 0) {
            throw new ProblemException(
                "node-not-ready",
                node.name()
                    + " is not ready: "
                    + node.phase()
                    + " after "
                    + node.restarts()
                    + " restarts. "
                    + node.note(),
                "Read " + logs().resolve(node.name() + ".log") + ".");
          }
          Thread.sleep(LOOK);
        }
      }
    }
    return new Api(nodes().stream().map(this::url).toList(), operatorToken());
  }

  /** The operator's token, once there is one. */
  public String operatorToken() throws IOException {
    return Files.readString(FirstToken.file(data)).strip();
  }

  /** kill -9: no shutdown hook runs, nothing is flushed, no goodbye to anybody. */
  public ChildState kill() {
    return kill(NODE);
  }

  /** kill -9 of one node. */
  public ChildState kill(String name) {
    ChildState node = node(name);
    ProcessHandle process =
        ProcessHandle.of(node.pid())
            .orElseThrow(() ->
                new ProblemException(
                    "node-not-running",
                    "The process " + node.pid() + " of " + name + " is not there.",
                    "Read " + logs().resolve(name + ".log") + "."));
    process.destroyForcibly();
    process.onExit().join();
    return node;
  }

  /**
   * A store's server as its administrator, for asking the database itself.
   *
   * @param store as the API shows its registration
   */
  public Database administrator(String store, int port) {
    return new Database(
        host.startsWith("127.") ? host : "127.0.0.1",
        port,
        "postgres",
        "copyhold",
        ProtectedFile.secret(data.resolve("postgres").resolve(store).resolve("copyhold.password")),
        "disable");
  }

  /** The same on the port that the supervisor gave the store. */
  public Database administrator(String store) {
    return administrator(store, supervisor.state().child(store).orElseThrow().port());
  }

  @Override
  public void close() {
    supervisor.close();
  }
}
