package io.copyhold.runtime.postgres;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.process.RollingLog;
import io.copyhold.runtime.process.Spawner;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL server that belongs to this process, from binaries on the class path.
 *
 * <ul>
 *   <li>Durable: fsync and checksums are on, what it acknowledged survives a kill -9 of anything.
 *   <li>It listens on a loopback address only and wants a random password (SCRAM).
 *   <li>One owner per directory; a second one is refused with the owner's process id.
 *   <li>When this JVM dies, the server shuts down cleanly (Linux, by a parent-death signal);
 *       wherever it does not, the next start on the directory stops it first.
 *   <li>When the server dies, {@link #exited} completes and the owner may start it again.
 * </ul>
 *
 * A single point of failure, meant for one machine; give the addresses of your own servers for
 * more.
 */
@PortAdapter
public final class EmbeddedPostgres implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgres.class);

  /** Reasons not to start that pass by themselves; each is tried at most this often. */
  private static final int ATTEMPTS = 20;

  /** Between looks at a server that starts or tries again. */
  private static final Duration POLL = Duration.ofMillis(20);

  /** Limit of one login while the server starts. */
  private static final Duration PROBE_LIMIT = Duration.ofSeconds(10);

  private final EmbeddedPostgresSettings settings;
  private final DataDirectory directory;
  private final Process process;
  private final Database database;

  private EmbeddedPostgres(
      EmbeddedPostgresSettings settings,
      DataDirectory directory,
      Process process,
      Database database) {
    this.settings = settings;
    this.directory = directory;
    this.process = process;
    this.database = database;
  }

  /**
   * Starts the server and waits until it answers.
   *
   * @throws ProblemException the directory is in use, of another version or out of reach, the port
   *     is taken, or the server did not start within its limit
   */
  public static EmbeddedPostgres start(EmbeddedPostgresSettings settings) {
    try {
      DataDirectory directory = DataDirectory.open(settings);
      try {
        return start(settings, directory);
      } catch (IOException | RuntimeException e) {
        directory.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "PostgreSQL in " + settings.directory() + ": " + e.getMessage(), e);
    }
  }

  private static EmbeddedPostgres start(EmbeddedPostgresSettings settings, DataDirectory directory)
      throws IOException {
    long deadline = System.nanoTime() + settings.startLimit().toNanos();
    String password = directory.password();
    for (int attempt = 1; ; attempt++) {
      int port = settings.port() == 0 ? freePort(settings.host()) : settings.port();
      RollingLog log = new RollingLog(settings.log(), settings.logLimitBytes());
      Process process =
          Spawner.start(
              directory
                  .builder(
                      directory
                          .user()
                          .commandEndingWithParent("INT", command(settings, directory, port)))
                  .redirectErrorStream(true)
                  .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null"))));
      Thread output = log.follow(process.getInputStream());
      Database database =
          new Database(
              settings.host(),
              port,
              "postgres",
              DataDirectory.SUPERUSER,
              () -> password,
              "disable");
      if (answers(directory, process, database, deadline)) {
        LOG.atInfo()
            .addKeyValue("directory", settings.directory())
            .addKeyValue("port", port)
            .addKeyValue("pid", process.pid())
            .log("embedded PostgreSQL started");
        return new EmbeddedPostgres(settings, directory, process, database);
      }
      boolean late = process.isAlive();
      if (late) {
        process.destroy();
      }
      join(output);
      if (late || attempt == ATTEMPTS || System.nanoTime() > deadline || !passes(settings, log)) {
        throw notStarted(settings, port, late, log.tail());
      }
      pause();
    }
  }

  /** A database of this server, as superuser; {@code postgres} exists from the start. */
  public Database database(String name) {
    return database.withName(name);
  }

  public int port() {
    return database.port();
  }

  public long pid() {
    return process.pid();
  }

  /** Completes with the exit code when the server has ended, for whatever reason. */
  public CompletableFuture<Integer> exited() {
    return process.onExit().thenApply(Process::exitValue);
  }

  /**
   * Stops the server, sessions and all, and gives the directory free. Within the limit it writes a
   * checkpoint; past it, it is stopped at once and recovers at the next start: nothing is lost.
   */
  @Override
  public void close() {
    try {
      if (process.isAlive()) {
        directory.signal("INT", process.pid());
        if (!process.waitFor(settings.stopLimit().toMillis(), TimeUnit.MILLISECONDS)) {
          directory.signal("QUIT", process.pid());
          if (!process.waitFor(settings.stopLimit().toMillis(), TimeUnit.MILLISECONDS)) {
            process.destroyForcibly().waitFor();
          }
        }
      }
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      process.destroy(); // it stops when its sessions have ended
      LOG.atWarn().addKeyValue("pid", process.pid()).setCause(e).log("PostgreSQL not signalled");
    } finally {
      release();
    }
  }

  private void release() {
    try {
      directory.close();
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("directory", settings.directory()).setCause(e).log("lock kept");
    }
  }

  static List<String> command(
      EmbeddedPostgresSettings settings, DataDirectory directory, int port) {
    Map<String, String> parameters = new TreeMap<>();
    parameters.put("listen_addresses", settings.host());
    parameters.put("port", Integer.toString(port));
    parameters.put("unix_socket_directories", "");
    parameters.put("max_connections", Integer.toString(settings.maxConnections()));
    parameters.put("max_prepared_transactions", "0");
    parameters.put("password_encryption", "scram-sha-256");
    parameters.put("wal_level", "logical");
    parameters.put("max_wal_senders", "20");
    parameters.put("max_replication_slots", "20");
    parameters.put("max_slot_wal_keep_size", "1GB"); // a forgotten slot must not fill the disk
    parameters.put("max_wal_size", "1GB");
    parameters.put("log_line_prefix", "%m [%p] %q%u@%d ");
    parameters.put("log_parameter_max_length", "0"); // bound values may be secrets
    parameters.put("log_parameter_max_length_on_error", "0");
    parameters.put("timezone", "UTC");
    parameters.put("log_timezone", "UTC");
    if (!settings.durable()) {
      parameters.put("fsync", "off");
      parameters.put("synchronous_commit", "off");
      parameters.put("full_page_writes", "off");
    }
    parameters.putAll(settings.parameters());
    List<String> command =
        new ArrayList<>(
            List.of(directory.program("postgres").toString(), "-D", directory.data().toString()));
    parameters.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
    return command;
  }

  /** A login that worked: the password proves that it is our server on that port. */
  private static boolean answers(
      DataDirectory directory, Process process, Database database, long deadline)
      throws IOException {
    while (process.isAlive() && System.nanoTime() < deadline) {
      if (directory.ready(process.pid())) {
        try (Connection c = database.connect("copyhold-start", PROBE_LIMIT, PROBE_LIMIT)) {
          if (c.isValid((int) PROBE_LIMIT.toSeconds())) {
            return true;
          }
        } catch (SQLException e) {
          LOG.atDebug().addKeyValue("pid", process.pid()).setCause(e).log("not ready yet");
        }
      }
      pause();
    }
    return false;
  }

  /**
   * Whether trying again helps: a chosen port was snatched, or a killed server's children linger.
   */
  private static boolean passes(EmbeddedPostgresSettings settings, RollingLog log) {
    String tail = log.tail();
    return tail.contains("pre-existing shared memory block")
        || (settings.port() == 0 && tail.contains("Address already in use"));
  }

  private static ProblemException notStarted(
      EmbeddedPostgresSettings settings, int port, boolean late, String tail) {
    if (!late && tail.contains("Address already in use")) {
      return new ProblemException(
          "port-taken",
          "The port " + port + " on " + settings.host() + " is taken by another program.",
          "Stop that program, or choose another port for the embedded PostgreSQL.");
    }
    return new ProblemException(
        "postgres-not-started",
        "PostgreSQL in "
            + settings.directory()
            + (late ? " did not answer within " + settings.startLimit() : " ended while starting")
            + ": "
            + tail.strip(),
        "Read " + settings.log() + " and start again.");
  }

  static int freePort(String host) throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
      return socket.getLocalPort();
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(POLL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while PostgreSQL starts", e);
    }
  }

  private static void join(Thread output) throws IOException {
    try {
      output.join(PROBE_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while PostgreSQL starts", e);
    }
  }

  /** Where the server's output goes. */
  public Path log() {
    return settings.log();
  }
}
