package io.copyhold.runtime.cassandra;

import com.typesafe.config.Config;
import io.copyhold.runtime.ProblemException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Where and how an embedded Cassandra runs; the limits and their reasons stand in {@code
 * reference.conf} under {@code copyhold.cassandra.embedded}.
 *
 * @param home its programs: {@code lib} with jars, {@code classes} that stand before them
 * @param directory holds everything of this server; made when missing
 * @param host a loopback address; every node of a ring has one of its own
 * @param port for clients, or 0 for a free one at each start
 * @param storagePort between nodes, the same for all of a ring; 0 for a free one
 * @param seed address of the ring's first node, its own for the first or only one
 * @param token where this node stands in its ring; fixed with the first start
 * @param durable false only for tests: a kill loses what was acknowledged within the last 100 ms,
 *     and a loss of power that of the last 10 s
 * @param heapBytes of its JVM
 * @param log file for the server's output; one older file is kept beside it
 * @param logLimitBytes size of that file
 * @param startLimit from start to the first answer, replay of its log included
 * @param stopLimit for an orderly stop; then the server is killed
 */
public record EmbeddedCassandraSettings(
    Path home,
    Path directory,
    String host,
    int port,
    int storagePort,
    String seed,
    long token,
    boolean durable,
    long heapBytes,
    Path log,
    long logLimitBytes,
    Duration startLimit,
    Duration stopLimit) {

  /** Names the directory of the programs where the configuration does not. */
  public static final String HOME = "copyhold.cassandra.home";

  public EmbeddedCassandraSettings {
    home = home.toAbsolutePath().normalize();
    directory = directory.toAbsolutePath().normalize();
    log = log.toAbsolutePath().normalize();
    if (!host.matches("127\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}")) {
      throw new IllegalArgumentException("not a loopback address: " + host);
    }
    if (port < 0 || port > 65535 || storagePort < 0 || storagePort > 65535) {
      throw new IllegalArgumentException("port " + port + ", storage port " + storagePort);
    }
    if (heapBytes < 128 * 1024 * 1024) {
      throw new IllegalArgumentException(
          "copyhold.cassandra.embedded.heap must be at least 128 MiB");
    }
    if (!startLimit.isPositive() || !stopLimit.isPositive()) {
      throw new IllegalArgumentException(
          "copyhold.cassandra.embedded: start-limit and stop-limit must be positive");
    }
  }

  /**
   * The only node of its ring, durable, on 127.0.0.1 and free ports.
   *
   * @param config the section {@code copyhold.cassandra.embedded}
   */
  public static EmbeddedCassandraSettings from(Config config, Path directory) {
    String home = config.getString("home");
    if (home.isEmpty()) {
      home = System.getProperty(HOME, "");
    }
    if (home.isEmpty()) {
      throw new ProblemException(
          "no-cassandra",
          "It is not known where the programs of Cassandra are.",
          "Start with './copyhold up --journal cassandra', which fetches them, or set"
              + " copyhold.cassandra.embedded.home.");
    }
    return new EmbeddedCassandraSettings(
        Path.of(home),
        directory,
        "127.0.0.1",
        0,
        0,
        "127.0.0.1",
        0,
        true,
        config.getBytes("heap"),
        directory.resolve("server.log"),
        config.getBytes("log-limit"),
        config.getDuration("start-limit"),
        config.getDuration("stop-limit"));
  }

  /** The same at another address; its own seed. */
  public EmbeddedCassandraSettings at(String newHost, int newPort, int newStoragePort) {
    return with(newHost, newPort, newStoragePort, newHost, token, durable, log);
  }

  /** The same as a further node of the ring of {@code first}, on its ports. */
  public EmbeddedCassandraSettings joining(EmbeddedCassandra first, long newToken) {
    return with(host, first.port(), first.storagePort(), first.host(), newToken, durable, log);
  }

  /** The same with another log file. */
  public EmbeddedCassandraSettings withLog(Path file) {
    return with(host, port, storagePort, seed, token, durable, file);
  }

  /** The same without waiting for the disk: faster, for tests only. */
  public EmbeddedCassandraSettings notDurable() {
    return with(host, port, storagePort, seed, token, false, log);
  }

  private EmbeddedCassandraSettings with(
      String h, int p, int storage, String first, long t, boolean d, Path file) {
    return new EmbeddedCassandraSettings(
        home,
        directory,
        h,
        p,
        storage,
        first,
        t,
        d,
        heapBytes,
        file,
        logLimitBytes,
        startLimit,
        stopLimit);
  }
}
