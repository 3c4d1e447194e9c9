package io.copyhold.runtime.cassandra;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.DriverException;
import com.datastax.oss.driver.api.core.config.DefaultDriverOption;
import com.datastax.oss.driver.api.core.config.DriverConfigLoader;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.DirectoryLock;
import io.copyhold.runtime.process.RollingLog;
import io.copyhold.runtime.process.Spawner;
import io.copyhold.runtime.process.Unprivileged;
import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Cassandra server that belongs to this process: a JVM of its own, whose class path is not ours.
 *
 * <ul>
 *   <li>Durable: its log is on the disk before a write is acknowledged (unless settings say
 *       otherwise).
 *   <li>It listens on one loopback address only. It wants no login: whoever may run programs on
 *       this machine can reach it.
 *   <li>One owner per directory; a second one is refused with the owner's process id.
 *   <li>When this JVM dies, the server stops (Linux, by a parent-death signal); wherever it does
 *       not, the next start on the directory stops it first.
 *   <li>When the server dies, {@link #exited} completes and the owner may start it again.
 * </ul>
 *
 * One node is a single point of failure, meant for one machine; give the addresses of your own ring
 * for more.
 */
@PortAdapter
public final class EmbeddedCassandra implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedCassandra.class);

  /** Chosen ports may be snatched before the server has them; each start tries at most so often. */
  private static final int ATTEMPTS = 5;

  /** Between looks at a server that starts. */
  private static final Duration POLL = Duration.ofMillis(100);

  /** Limit of one question while it starts. */
  private static final Duration PROBE_LIMIT = Duration.ofSeconds(20);

  private final EmbeddedCassandraSettings settings;
  private final DirectoryLock lock;
  private final Process process;
  private final int port;
  private final int storagePort;

  private EmbeddedCassandra(
      EmbeddedCassandraSettings settings,
      DirectoryLock lock,
      Process process,
      int port,
      int storagePort) {
    this.settings = settings;
    this.lock = lock;
    this.process = process;
    this.port = port;
    this.storagePort = storagePort;
  }

  /**
   * Starts the server and waits until it answers.
   *
   * @throws ProblemException the programs are missing, the directory is in use, a port is taken, or
   *     the server did not start within its limit
   */
  public static EmbeddedCassandra start(EmbeddedCassandraSettings settings) {
    if (!Files.isDirectory(settings.home().resolve("lib"))) {
      throw new ProblemException(
          "no-cassandra",
          "The programs of Cassandra are not in " + settings.home() + ".",
          "Build them once: mvn -Dquickly -pl runtime/cassandra-server package.");
    }
    try {
      Files.createDirectories(settings.directory());
      DirectoryLock lock = DirectoryLock.take(settings.directory());
      try {
        endOrphan(settings);
        return start(settings, lock);
      } catch (IOException | RuntimeException e) {
        lock.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "Cassandra in " + settings.directory() + ": " + e.getMessage(), e);
    }
  }

  private static EmbeddedCassandra start(EmbeddedCassandraSettings settings, DirectoryLock lock)
      throws IOException {
    long deadline = System.nanoTime() + settings.startLimit().toNanos();
    for (int attempt = 1; ; attempt++) {
      int port = settings.port() == 0 ? freePort(settings.host()) : settings.port();
      int storagePort =
          settings.storagePort() == 0 ? freePort(settings.host()) : settings.storagePort();
      CassandraHome.write(settings, port, storagePort);
      RollingLog log = new RollingLog(settings.log(), settings.logLimitBytes());
      Process process =
          Spawner.start(
              new ProcessBuilder(
                      new Unprivileged(List.of(), -1)
                          .commandEndingWithParent("TERM", CassandraHome.command(settings)))
                  .directory(settings.directory().toFile())
                  .redirectErrorStream(true)
                  .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null"))));
      Thread output = log.follow(process.getInputStream());
      Files.writeString(pidFile(settings), Long.toString(process.pid()));
      if (answers(settings, process, port, deadline)) {
        LOG.atInfo()
            .addKeyValue("directory", settings.directory())
            .addKeyValue("port", port)
            .addKeyValue("pid", process.pid())
            .log("embedded Cassandra started");
        return new EmbeddedCassandra(settings, lock, process, port, storagePort);
      }
      boolean late = process.isAlive();
      process.destroyForcibly();
      join(output);
      boolean taken =
          log.tail().contains("Address already in use") || log.tail().contains("BindException");
      if (late || attempt == ATTEMPTS || !taken || settings.port() != 0) {
        throw new ProblemException(
            "cassandra-not-started",
            "Cassandra in "
                + settings.directory()
                + (late
                    ? " did not answer within " + settings.startLimit()
                    : " ended while starting")
                + ": "
                + log.tail().strip(),
            "Read " + settings.log() + " and start again.");
      }
    }
  }

  public String host() {
    return settings.host();
  }

  /** For clients. */
  public int port() {
    return port;
  }

  /** Between the nodes of a ring. */
  public int storagePort() {
    return storagePort;
  }

  /** Where clients reach it. */
  public InetSocketAddress address() {
    return new InetSocketAddress(settings.host(), port);
  }

  public long pid() {
    return process.pid();
  }

  public Path log() {
    return settings.log();
  }

  /** Completes with the exit code when the server has ended, for whatever reason. */
  public CompletableFuture<Integer> exited() {
    return process.onExit().thenApply(Process::exitValue);
  }

  /**
   * Kills the server on the spot, as a lost machine would; {@link #close} is still to be called.
   */
  public void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  /**
   * Stops the server and gives the directory free. Past its limit it is killed and replays its log
   * at the next start: nothing is lost.
   */
  @Override
  public void close() {
    try {
      process.destroy();
      if (!process.waitFor(settings.stopLimit().toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
      Files.deleteIfExists(pidFile(settings));
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.atDebug().setCause(e).log("pid file kept"); // the next start finds nobody under it
    } finally {
      try {
        lock.close();
      } catch (IOException e) {
        LOG.atWarn().addKeyValue("directory", settings.directory()).setCause(e).log("lock kept");
      }
    }
  }

  private static Path pidFile(EmbeddedCassandraSettings settings) {
    return settings.directory().resolve("cassandra.pid");
  }

  /** A server of this directory whose owner died without it. */
  private static void endOrphan(EmbeddedCassandraSettings settings) throws IOException {
    if (!Files.exists(pidFile(settings))) {
      return;
    }
    String pid = Files.readString(pidFile(settings)).strip();
    if (!pid.matches("[0-9]{1,18}")) {
      return;
    }
    ProcessHandle orphan = ProcessHandle.of(Long.parseLong(pid)).orElse(null);
    if (orphan == null
        || !orphan.info().commandLine().orElse("").contains(settings.directory().toString())) {
      return; // the number is another program's by now
    }
    orphan.destroyForcibly();
    try {
      orphan.onExit().get(settings.stopLimit().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while an old Cassandra ends", e);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("an old Cassandra (process " + pid + ") does not end", e);
    }
  }

  /** An answer, from the node itself and not only from its port. */
  private static boolean answers(
      EmbeddedCassandraSettings settings, Process process, int port, long deadline)
      throws IOException {
    while (process.isAlive() && System.nanoTime() < deadline) {
      if (listens(settings.host(), port)) {
        try (CqlSession probe = probe(settings.host(), port)) {
          probe.execute("SELECT host_id FROM system.local");
          return true;
        } catch (DriverException | IllegalStateException e) {
          LOG.atDebug().addKeyValue("pid", process.pid()).setCause(e).log("not ready yet");
        }
      }
      pause();
    }
    return false;
  }

  private static boolean listens(String host, int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), (int) PROBE_LIMIT.toMillis());
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static CqlSession probe(String host, int port) {
    return CqlSession.builder()
        .addContactPoint(new InetSocketAddress(host, port))
        .withLocalDatacenter("datacenter1")
        .withConfigLoader(
            DriverConfigLoader.programmaticBuilder()
                .withBoolean(DefaultDriverOption.METADATA_SCHEMA_ENABLED, false)
                .withDuration(DefaultDriverOption.REQUEST_TIMEOUT, PROBE_LIMIT)
                .withDuration(DefaultDriverOption.CONTROL_CONNECTION_TIMEOUT, PROBE_LIMIT)
                .withDuration(DefaultDriverOption.CONNECTION_INIT_QUERY_TIMEOUT, PROBE_LIMIT)
                .build())
        .build();
  }

  private static int freePort(String host) throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
      return socket.getLocalPort();
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(POLL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while Cassandra starts", e);
    }
  }

  private static void join(Thread output) throws IOException {
    try {
      output.join(PROBE_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while Cassandra starts", e);
    }
  }
}
