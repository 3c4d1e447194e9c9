package io.copyhold.http.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.config.node.ChildState;
import io.copyhold.config.node.NodeCommand;
import io.copyhold.config.node.Supervisor;
import io.copyhold.config.node.SupervisorSettings;
import io.copyhold.config.node.SupervisorState;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.RuntimeConfig;
import io.copyhold.runtime.cassandra.EmbeddedCassandraSettings;
import io.copyhold.runtime.journal.JournalSettings;
import io.copyhold.runtime.postgres.DirectoryLock;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code copyhold up}: starts the supervisor of a data directory, by default as a process of its
 * own that goes on when this one ends, and waits until the API is ready.
 */
@PortAdapter
@Command(
    name = "up",
    mixinStandardHelpOptions = true,
    description = "Starts databases and nodes on this machine and waits until they are ready.")
public final class UpCommand implements Callable<Integer> {
  private static final Duration READY_LIMIT = Duration.ofMinutes(5);
  private static final Duration LOOK = Duration.ofMillis(200);

  @Mixin private DataOption data = new DataOption();

  @Option(names = "--nodes", description = "Node processes, 1 to 10 (default: 1).")
  private @Nullable Integer nodes;

  @Option(
      names = "--http-port",
      description = "First HTTP port (default: the remembered one, else 7400; 0: any free one).")
  private @Nullable Integer httpPort;

  @Option(
      names = "--remoting-port",
      description = "First port between nodes (default: the remembered one, else 7410).")
  private @Nullable Integer remotingPort;

  @Option(
      names = "--postgres-port",
      description = "First port of embedded databases (default: the remembered one, else 7432).")
  private @Nullable Integer postgresPort;

  @Option(
      names = "--journal",
      paramLabel = "KIND",
      description =
          "Database of the control plane: postgres (default) or cassandra. Stores are not concerned.")
  private @Nullable String journal;

  @Option(
      names = "--cassandra",
      paramLabel = "HOST:PORT",
      split = ",",
      description = "Nodes of your own Cassandra, instead of an embedded one.")
  private @Nullable List<String> cassandra;

  @Option(
      names = "--cassandra-port",
      description = "Port of an embedded Cassandra (default: the remembered one, else 7450).")
  private @Nullable Integer cassandraPort;

  @Option(
      names = "--stores",
      split = ",",
      arity = "0..1",
      fallbackValue = "",
      description = "Embedded example stores by name (default: store-a,store-b; empty for none).")
  private @Nullable List<String> stores;

  @Option(
      names = "--relays",
      description = "Links go through relays, so that experiments can cut and slow them.")
  private boolean relays;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Settings in HOCON; every key of docs/configuration.md.")
  private @Nullable Path config;

  @Option(names = "--foreground", description = "Stay in the foreground; ends on Ctrl-C.")
  private boolean foreground;

  @Override
  public Integer call() throws Exception {
    Path directory = data.directory();
    OptionalLong holder = DirectoryLock.holder(directory);
    if (holder.isPresent()) {
      throw new ProblemException(
          "directory-in-use",
          "The data directory " + directory + " is in use by process " + holder.getAsLong() + ".",
          "Use it as it is ('copyhold status'), stop it ('copyhold down'), or choose another with"
              + " --data.");
    }
    return foreground ? runHere(directory) : runApart(directory);
  }

  private int runHere(Path directory) throws Exception {
    SupervisorSettings settings = SupervisorSettings.from(settings(), directory);
    try (Supervisor supervisor =
        Supervisor.start(
            settings, NodeCommand.jvm(Main.class.getName(), nodeFlags()), InstantSource.system())) {
      System.out.println("supervisor " + ProcessHandle.current().pid() + " runs in " + directory);
      supervisor.runUntilStopped();
    }
    return 0;
  }

  /** What the options say, over the user's file. */
  private Config settings() {
    Map<String, Object> told = new HashMap<>();
    if (nodes != null) {
      told.put("copyhold.supervisor.nodes", nodes);
    }
    if (httpPort != null) {
      told.put("copyhold.supervisor.ports.http.wanted", httpPort);
    }
    if (remotingPort != null) {
      told.put("copyhold.supervisor.ports.remoting.wanted", remotingPort);
    }
    if (postgresPort != null) {
      told.put("copyhold.supervisor.ports.postgres.wanted", postgresPort);
    }
    if (journal != null || cassandra != null) {
      told.put("copyhold.journal.kind", journal == null ? JournalSettings.CASSANDRA : journal);
    }
    if (cassandra != null) {
      told.put("copyhold.cassandra.contact-points", cassandra);
    }
    if (cassandraPort != null) {
      told.put("copyhold.supervisor.ports.cassandra.wanted", cassandraPort);
    }
    if (stores != null) {
      told.put(
          "copyhold.supervisor.stores", stores.stream().filter(name -> !name.isBlank()).toList());
    }
    if (relays) {
      told.put("copyhold.supervisor.relays", true);
    }
    Config user = ConfigFactory.parseMap(told);
    if (config != null) {
      if (!Files.isReadable(config)) {
        throw new ProblemException(
            "config-not-readable",
            "The settings file " + config + " cannot be read.",
            "Give the path of a readable file in HOCON.");
      }
      user = user.withFallback(ConfigFactory.parseFile(config.toFile()));
    }
    return RuntimeConfig.of(user);
  }

  /** The flags of this JVM, so that a node runs as its launcher meant it to. */
  private static List<String> nodeFlags() {
    List<String> flags =
        new ArrayList<>(
            List.of(
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-Dslf4j.internal.verbosity=ERROR",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "-Xss512k"));
    String heap = System.getenv("COPYHOLD_NODE_HEAP");
    flags.add("-Xmx" + (heap == null || heap.isEmpty() ? "512m" : heap));
    return flags;
  }

  private int runApart(Path directory) throws IOException, InterruptedException {
    Files.createDirectories(directory);
    Path log = directory.resolve("supervisor.log");
    int wanted = settings().getInt("copyhold.supervisor.nodes");
    Process process = spawn(log);
    PrintStream out = System.out;
    Instant end = Instant.now().plus(READY_LIMIT);
    String said = "";
    while (Instant.now().isBefore(end)) {
      SupervisorState state = SupervisorState.read(directory).orElse(null);
      if (state != null && state.pid() == process.pid()) {
        String now = progress(state);
        if (!now.equals(said)) {
          out.println("  " + now);
          said = now;
        }
        if (Health.allReady(state, wanted)) {
          welcome(out, directory, state);
          return 0;
        }
      }
      if (!process.isAlive()) {
        System.err.println(
            "copyhold: the supervisor ended with status " + process.exitValue() + ":");
        tail(log).forEach(line -> System.err.println("  " + line));
        System.err.println(
            "Its log: " + log + ", and those of its children in " + directory.resolve("log"));
        return 1;
      }
      Thread.sleep(LOOK);
    }
    System.err.println(
        "copyhold: not ready within "
            + READY_LIMIT.toMinutes()
            + " minutes; it goes on trying. Look at 'copyhold status' and the logs in "
            + directory.resolve("log"));
    return 3;
  }

  /**
   * The same command in the foreground, in a session of its own, so that a closed terminal does not
   * end it.
   */
  private Process spawn(Path log) throws IOException {
    List<String> command = new ArrayList<>();
    if (Path.of("/usr/bin/setsid").toFile().canExecute()) {
      command.add("/usr/bin/setsid");
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(nodeFlags());
    command.add("-Xmx128m");
    String programs = System.getProperty(EmbeddedCassandraSettings.HOME);
    if (programs != null) {
      command.add("-D" + EmbeddedCassandraSettings.HOME + "=" + programs);
    }
    command.addAll(
        List.of(
            "-cp",
            System.getProperty("java.class.path"),
            "io.copyhold.http.cli.Main",
            "up",
            "--foreground"));
    command.addAll(List.of("--data", data.directory().toString()));
    addOption(command, "--nodes", nodes);
    addOption(command, "--http-port", httpPort);
    addOption(command, "--remoting-port", remotingPort);
    addOption(command, "--postgres-port", postgresPort);
    addOption(command, "--journal", journal);
    addOption(command, "--cassandra", cassandra == null ? null : String.join(",", cassandra));
    addOption(command, "--cassandra-port", cassandraPort);
    if (stores != null) {
      command.add("--stores=" + String.join(",", stores));
    }
    if (relays) {
      command.add("--relays");
    }
    addOption(command, "--config", config == null ? null : config.toAbsolutePath());
    File sink = log.toFile();
    return new ProcessBuilder(command)
        .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
        .redirectErrorStream(true)
        .redirectOutput(sink)
        .start();
  }

  private static void addOption(List<String> command, String name, @Nullable Object value) {
    if (value != null) {
      command.add(name);
      command.add(value.toString());
    }
  }

  private static String progress(SupervisorState state) {
    List<String> parts = new ArrayList<>();
    for (ChildState child : state.children()) {
      parts.add(child.name() + " " + child.phase().name().toLowerCase(java.util.Locale.ROOT));
    }
    return String.join(", ", parts);
  }

  private static void welcome(PrintStream out, Path directory, SupervisorState state) {
    out.println("Copyhold is up, in " + directory + " (supervisor " + state.pid() + ").");
    for (ChildState child : state.children()) {
      String what =
          child.name().startsWith("node-")
              ? "http://127.0.0.1:" + child.port()
              : child.name().equals("faults")
                  ? "fault agent on port " + child.port()
                  : (child.name().equals("cassandra") ? "cassandra" : "postgresql")
                      + " on port "
                      + child.port();
      out.printf("  %-10s %s%n", child.name(), what);
    }
    Path token = FirstToken.file(directory);
    if (Files.exists(token)) {
      out.println("The operator's token stands in " + token + "; commands on this machine use it.");
    }
    out.println(
        "Next: copyhold store list, copyhold tenant --help, docs/tour.md.  Stop: copyhold down");
  }

  private static List<String> tail(Path log) throws IOException {
    List<String> lines = Files.exists(log) ? Files.readAllLines(log) : List.of();
    return lines.subList(Math.max(0, lines.size() - 12), lines.size());
  }
}
