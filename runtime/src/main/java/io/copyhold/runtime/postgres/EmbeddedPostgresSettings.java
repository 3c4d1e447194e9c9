package io.copyhold.runtime.postgres;

import com.typesafe.config.Config;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where and how an embedded server runs; the limits and their reasons stand in {@code
 * reference.conf} under {@code copyhold.postgres.embedded}.
 *
 * @param directory holds everything of this server: data, password and lock; made when missing
 * @param cache where the programs are unpacked; every user must be able to enter it
 * @param host a loopback address; the server listens nowhere else
 * @param port 1 to 65535, or 0 for a free one at each start
 * @param durable false only for tests: no fsync, a crash of the machine loses data
 * @param maxConnections of the server
 * @param walSegmentMb size of a log segment in MB, a power of two from 1 to 1024; fixed with the
 *     first start
 * @param log file for the server's output; one older file is kept beside it
 * @param logLimitBytes size of that file
 * @param startLimit from start to the first answer, recovery included
 * @param stopLimit for a stop with checkpoint; then the server is stopped without one
 * @param parameters further server parameters; they win over ours
 */
public record EmbeddedPostgresSettings(
    Path directory,
    Path cache,
    String host,
    int port,
    boolean durable,
    int maxConnections,
    int walSegmentMb,
    Path log,
    long logLimitBytes,
    Duration startLimit,
    Duration stopLimit,
    Map<String, String> parameters) {

  public EmbeddedPostgresSettings {
    directory = directory.toAbsolutePath().normalize();
    cache = cache.toAbsolutePath().normalize();
    log = log.toAbsolutePath().normalize();
    parameters = Map.copyOf(parameters);
    if (!isLoopback(host)) {
      throw new IllegalArgumentException("not a loopback address: " + host);
    }
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port " + port);
    }
    if (maxConnections < 10 || maxConnections > 10_000) {
      throw new IllegalArgumentException("max-connections " + maxConnections + ": 10 to 10000");
    }
    if (walSegmentMb < 1 || walSegmentMb > 1024 || Integer.bitCount(walSegmentMb) != 1) {
      throw new IllegalArgumentException("wal-segment-mb " + walSegmentMb + ": a power of two");
    }
    if (!startLimit.isPositive() || !stopLimit.isPositive()) {
      throw new IllegalArgumentException("start-limit and stop-limit must be positive");
    }
  }

  /**
   * A durable server on 127.0.0.1 and a free port.
   *
   * @param config the section {@code copyhold.postgres.embedded}
   */
  public static EmbeddedPostgresSettings from(Config config, Path directory) {
    String cache = config.getString("cache");
    return new EmbeddedPostgresSettings(
        directory,
        cache.isEmpty() ? PostgresBinaries.defaultCache() : Path.of(cache),
        "127.0.0.1",
        0,
        true,
        config.getInt("max-connections"),
        config.getInt("wal-segment-mb"),
        directory.resolve("server.log"),
        config.getBytes("log-limit"),
        config.getDuration("start-limit"),
        config.getDuration("stop-limit"),
        Map.of());
  }

  /** The same at another address. */
  public EmbeddedPostgresSettings at(String newHost, int newPort) {
    return with(newHost, newPort, durable, maxConnections, log, parameters);
  }

  /** The same with another log file. */
  public EmbeddedPostgresSettings withLog(Path file) {
    return with(host, port, durable, maxConnections, file, parameters);
  }

  /** The same for another number of connections. */
  public EmbeddedPostgresSettings withMaxConnections(int connections) {
    return with(host, port, durable, connections, log, parameters);
  }

  /** The same with one more server parameter. */
  public EmbeddedPostgresSettings withParameter(String name, String value) {
    if (!name.matches("[a-z_][a-z0-9_.]*")) {
      throw new IllegalArgumentException("server parameter " + name);
    }
    Map<String, String> all = new TreeMap<>(parameters);
    all.put(name, value);
    return with(host, port, durable, maxConnections, log, all);
  }

  /** The same without fsync: faster, for tests only. */
  public EmbeddedPostgresSettings notDurable() {
    return with(host, port, false, maxConnections, log, parameters);
  }

  private EmbeddedPostgresSettings with(
      String h, int p, boolean d, int connections, Path file, Map<String, String> all) {
    return new EmbeddedPostgresSettings(
        directory,
        cache,
        h,
        p,
        d,
        connections,
        walSegmentMb,
        file,
        logLimitBytes,
        startLimit,
        stopLimit,
        all);
  }

  private static boolean isLoopback(String host) {
    try {
      return host.matches("[0-9.]+|[0-9a-fA-F:]+")
          && InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
