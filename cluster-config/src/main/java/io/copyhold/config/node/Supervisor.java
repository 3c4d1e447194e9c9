package io.copyhold.config.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.cassandra.CassandraSettings;
import io.copyhold.runtime.cassandra.EmbeddedCassandra;
import io.copyhold.runtime.cassandra.EmbeddedCassandraSettings;
import io.copyhold.runtime.journal.JournalSettings;
import io.copyhold.runtime.postgres.DirectoryLock;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import io.copyhold.runtime.process.ProtectedFile;
import io.copyhold.runtime.process.Unprivileged;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one process behind {@code copyhold up}: it owns the embedded databases and the node processes
 * of one data directory.
 *
 * <ol>
 *   <li>It takes the directory; a second one is refused with the process id of the first.
 *   <li>It starts the databases and waits until they answer, then the nodes.
 *   <li>A child that ends by itself is started again, with growing pauses, until it is given up.
 *       When a node ended, the register hears it, so that the other nodes need not guess.
 *   <li>On a clean stop the nodes end first, then the databases, each within its limit.
 *   <li>When it is killed, the databases get a signal and shut down cleanly, and the nodes see
 *       their standard input end; the next start finds everything as it was.
 * </ol>
 *
 * The directory holds {@code postgres/NAME} per database, {@code cassandra} where the journal is
 * there, {@code log/NAME.log} per child, {@code nodes/NAME.conf}, {@code ports.json}, {@code
 * state.json} and {@code format}.
 */
@PortAdapter
public final class Supervisor implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);

  /** Layout of the directory. Raised when an older release must not touch it. */
  private static final String FORMAT = "1";

  private static final String CONTROL = "control";

  /** Above this, the exit status of a process that a signal ended. */
  private static final int SIGNAL = 128;

  private final SupervisorSettings settings;
  private final NodeCommand nodeCommand;
  private final DirectoryLock lock;
  private final Instant started;
  private final SecureRandom random = new SecureRandom();
  private final List<Child> databases = new CopyOnWriteArrayList<>();
  private final List<Child> nodes = new CopyOnWriteArrayList<>();
  private final Map<String, String> addressSuffixes = new HashMap<>();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private boolean closing;
  private volatile @Nullable ControlRegister register;

  private Supervisor(
      SupervisorSettings settings, NodeCommand nodeCommand, DirectoryLock lock, Instant started) {
    this.settings = settings;
    this.nodeCommand = nodeCommand;
    this.lock = lock;
    this.started = started;
  }

  /**
   * Starts all; on failure what had started is stopped again.
   *
   * @throws ProblemException the directory is in use or of another release, or a database did not
   *     start
   */
  public static Supervisor start(
      SupervisorSettings settings, NodeCommand nodeCommand, InstantSource clock)
      throws IOException {
    DirectoryLock lock = take(settings.data(), settings.journal());
    Supervisor supervisor = new Supervisor(settings, nodeCommand, lock, clock.instant());
    try {
      supervisor.startAll();
      return supervisor;
    } catch (IOException | RuntimeException e) {
      supervisor.close();
      throw e;
    }
  }

  /** Blocks until {@link #close} has ended everything; a signal to this process does that too. */
  public void runUntilStopped() throws InterruptedException {
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(this::close));
    stopped.await();
  }

  /** What runs now. */
  public SupervisorState state() {
    List<ChildState> all = new ArrayList<>();
    databases.forEach(d -> all.add(d.state()));
    nodes.forEach(n -> all.add(n.state()));
    return new SupervisorState(ProcessHandle.current().pid(), started, all);
  }

  /** Ends nodes, then databases, and gives the directory free. */
  @Override
  public void close() {
    synchronized (this) {
      if (closing) {
        return;
      }
      closing = true;
    }
    stopTogether(nodes);
    ControlRegister open = register;
    if (open != null) {
      open.close();
    }
    stopTogether(databases);
    try {
      lock.close();
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("directory not given free");
    }
    stopped.countDown();
  }

  private static DirectoryLock take(Path data, String journal) throws IOException {
    if (!Files.exists(data)) {
      Files.createDirectories(data);
      // the databases run as another user when we are root, and must reach their own directories
      Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx--x--x"));
    }
    DirectoryLock lock = DirectoryLock.take(data);
    try {
      requireJournal(data, journal);
      requireFormat(data);
      Files.createDirectories(data.resolve("log"));
      Files.createDirectories(data.resolve("nodes"));
      Files.createDirectories(data.resolve("postgres"));
      return lock;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static void requireFormat(Path data) throws IOException {
    Path file = data.resolve("format");
    if (!Files.exists(file)) {
      ProtectedFile.write(file, FORMAT + "\n");
    }
    String found = Files.readString(file).strip();
    if (!found.equals(FORMAT)) {
      throw new ProblemException(
          "other-release",
          "The data directory "
              + data
              + " has format "
              + found
              + ", this release works with "
              + FORMAT
              + ".",
          "Start the release that made it, or choose another directory.");
    }
  }

  /** One directory belongs to one journal; which one stands in it. */
  private static void requireJournal(Path data, String journal) throws IOException {
    Path file = data.resolve("journal");
    if (!Files.exists(file)) {
      // one without it was made before there was a choice
      boolean before = Files.exists(data.resolve("format"));
      ProtectedFile.write(file, (before ? JournalSettings.POSTGRES : journal) + "\n");
    }
    String found = Files.readString(file).strip();
    if (!found.equals(journal)) {
      throw new ProblemException(
          "other-journal",
          "The data directory "
              + data
              + " was made with the journal in "
              + found
              + ", and is to be started with "
              + journal
              + ".",
          "Start it with 'copyhold up --journal "
              + found
              + "', or choose another directory with --data.");
    }
  }

  private void startAll() throws IOException {
    Ports ports = Ports.of(settings.data(), settings.host());
    Relays relays = settings.relays() ? new Relays(settings, ports) : null;
    Map<String, Object> told = new HashMap<>();
    int index = 0;
    if (JournalSettings.onCassandra(settings.config())) {
      if (!CassandraSettings.isExternal(settings.config())) {
        told.putAll(embeddedCassandra(ports));
      }
    } else if (!JournalSettings.isExternal(settings.config())) {
      int port = settings.postgres().choose(ports, "postgres." + CONTROL, index);
      EmbeddedPostgresSettings server = settings.controlServer(port);
      makeArchive(settings.backups());
      told.put("copyhold.control.backup.embedded", true);
      told.put("copyhold.control.backup.directory", settings.backups().toString());
      databases.add(child(CONTROL, port, () -> EmbeddedServer.control(server)));
      told.putAll(address("copyhold.journal", server, EmbeddedServer.ROLE));
    }
    for (String store : settings.stores()) {
      index++;
      int port = settings.postgres().choose(ports, "postgres." + store, index);
      EmbeddedPostgresSettings server = settings.server(store, port);
      databases.add(child(store, port, () -> EmbeddedServer.store(server)));
      told.putAll(address("copyhold.example-stores." + store, server, "postgres"));
      if (relays != null) {
        told.put("copyhold.example-stores." + store + ".port", relays.link("", store, port));
      }
    }
    ports.remember();
    startTogether(databases);
    for (int i = 1; i <= settings.nodes(); i++) {
      nodes.add(node("node-" + i, i - 1, ports, told, relays));
    }
    ports.remember();
    if (relays != null) {
      startAgent(relays);
    }
    register = ControlRegister.of(told(told));
    // Whatever an earlier supervisor left in the register: its nodes ended with it.
    nodes.forEach(this::tellEnded);
    startTogether(nodes);
  }

  /** The control database's server writes there as the user that it runs as. */
  private static void makeArchive(Path backups) throws IOException {
    Path wal = backups.resolve("wal");
    if (!Files.exists(wal)) {
      Files.createDirectories(wal);
      Files.setPosixFilePermissions(backups, PosixFilePermissions.fromString("rwx--x--x"));
      Unprivileged.on(wal);
      Files.setPosixFilePermissions(wal, PosixFilePermissions.fromString("rwx------"));
    }
  }

  private Map<String, Object> embeddedCassandra(Ports ports) throws IOException {
    int port = settings.cassandra().choose(ports, "cassandra.clients", 0);
    EmbeddedCassandraSettings server =
        EmbeddedCassandraSettings.from(
                settings.config().getConfig("copyhold.cassandra.embedded"),
                settings.data().resolve("cassandra"))
            .at(
                settings.databaseHost(),
                port,
                settings.cassandra().choose(ports, "cassandra.nodes", 1))
            .withLog(settings.data().resolve("log").resolve(SupervisorSettings.CASSANDRA + ".log"));
    databases.add(
        child(
            SupervisorSettings.CASSANDRA,
            port,
            () -> new EmbeddedCassandraServer(EmbeddedCassandra.start(server))));
    return CassandraSettings.keys(
        List.of(new InetSocketAddress(settings.databaseHost(), port)),
        settings.config().getString("copyhold.cassandra.keyspace"),
        1);
  }

  /** Starts all and hears the first failure when all have had their try. */
  private static void startTogether(List<Child> children) throws IOException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> starts = new ArrayList<>();
      for (Child child : children) {
        starts.add(
            threads.submit(() -> {
              child.start();
              return child;
            }));
      }
      for (Future<?> start : starts) {
        start.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while starting", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      if (cause instanceof RuntimeException problem) {
        throw problem;
      }
      throw new IOException("cannot start: " + cause.getMessage(), cause);
    }
  }

  /** Before the nodes, whose links lead through it. It ends after them. */
  private void startAgent(Relays relays) throws IOException {
    List<String> command = relays.command().command(relays.write());
    Path log = settings.data().resolve("log").resolve(Relays.AGENT + ".log");
    Child agent =
        child(
            Relays.AGENT,
            relays.port(),
            () ->
                NodeProcess.start(
                    command, log, settings.logLimitBytes(), settings.nodeStopLimit()));
    databases.add(agent);
    startTogether(List.of(agent));
  }

  private Child node(
      String name, int index, Ports ports, Map<String, Object> told, @Nullable Relays relays)
      throws IOException {
    int http = settings.http().choose(ports, "http." + name, index);
    int remoting = settings.remoting().choose(ports, "remoting." + name, index);
    addressSuffixes.put(name, "@" + settings.host() + ":" + remoting);
    Map<String, Object> all = new HashMap<>(told);
    all.put("copyhold.node.name", name);
    all.put("copyhold.node.data", settings.data().toString());
    all.put("copyhold.node.supervised", true);
    all.put("copyhold.node.http.host", settings.host());
    all.put("copyhold.node.http.port", http);
    all.put("copyhold.node.remoting.host", settings.host());
    all.put("copyhold.node.remoting.port", remoting);
    if (relays != null) {
      int bind = ports.port("remoting-bind." + name, OptionalInt.of(0), 0);
      int link = relays.link("", name, bind);
      addressSuffixes.put(name, "@" + settings.host() + ":" + link);
      all.put("copyhold.node.remoting.port", link);
      all.put("copyhold.node.remoting.bind-port", bind);
      String source = relays.source(name, index);
      all.put("copyhold.node.remoting.source", source);
      all.put("copyhold.store.source-address", source);
      if (told.get("copyhold.journal.port") instanceof Integer journal) {
        all.put("copyhold.journal.port", relays.link(name, "journal", journal));
      }
      all.putAll(relays.told());
    }
    Path file = settings.data().resolve("nodes").resolve(name + ".conf");
    ProtectedFile.write(
        file,
        ConfigFactory.empty()
            .withValue("copyhold", told(all).getValue("copyhold"))
            .root()
            .render(ConfigRenderOptions.concise().setFormatted(true)));
    List<String> command = nodeCommand.command(file);
    Path log = settings.data().resolve("log").resolve(name + ".log");
    Path wanted = RunningSupervisor.wantedBack(settings.data(), name);
    return child(
        name,
        http,
        new Child.Starter() {
          @Override
          public Child.Running start() throws IOException {
            Files.deleteIfExists(wanted);
            return NodeProcess.start(
                command, log, settings.logLimitBytes(), settings.nodeStopLimit());
          }

          @Override
          public Duration pauseAfter(int exitStatus) {
            return exitStatus > SIGNAL && settings.nodes() > 1
                ? settings.restart().besideOthers()
                : Duration.ZERO;
          }

          @Override
          public boolean staysAway(int exitStatus) {
            return exitStatus == NodeCommand.LEFT;
          }

          @Override
          public boolean wantedBack() {
            return Files.exists(wanted);
          }
        });
  }

  private Config told(Map<String, Object> told) {
    return ConfigFactory.parseMap(told).withFallback(settings.config());
  }

  private static Map<String, Object> address(
      String path, EmbeddedPostgresSettings server, String database) {
    return Map.of(
        path + ".host",
        server.host(),
        path + ".port",
        server.port(),
        path + ".database",
        database,
        path + ".user",
        EmbeddedServer.ROLE,
        path + ".password-file",
        EmbeddedServer.passwordFile(server.directory()).toString(),
        path + ".ssl-mode",
        "disable");
  }

  private Child child(String name, int port, Child.Starter starter) {
    return new Child(
        name,
        port,
        starter,
        settings.restart(),
        random,
        new Child.Listener() {
          @Override
          public void changed(Child child) {
            writeState();
          }

          @Override
          public void ended(Child child) {
            tellEnded(child);
          }
        });
  }

  private void tellEnded(Child child) {
    String suffix = addressSuffixes.get(child.name());
    ControlRegister open = register;
    if (suffix == null || open == null) {
      return;
    }
    try {
      open.ended(suffix);
    } catch (ProblemException e) {
      // the other nodes then find out by themselves, later
      LOG.atWarn().addKeyValue("child", child.name()).setCause(e).log("register not told");
    }
  }

  private synchronized void writeState() {
    try {
      state().write(settings.data());
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("state not written");
    }
  }

  private static void stopTogether(List<Child> children) {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      children.forEach(child -> threads.execute(child::stop));
    }
  }
}
