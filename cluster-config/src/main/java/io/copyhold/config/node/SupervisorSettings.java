package io.copyhold.config.node;

import com.typesafe.config.Config;
import io.copyhold.runtime.journal.JournalSettings;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;

/**
 * What runs on one machine; the limits and their reasons stand in {@code reference.conf} under
 * {@code copyhold.supervisor}.
 *
 * @param data holds everything; made when missing
 * @param nodes number of node processes
 * @param host where all listen
 * @param http port of the first node
 * @param remoting port of the first node
 * @param postgres port of the first database
 * @param cassandra port of an embedded Cassandra for its clients; the next one is between its nodes
 * @param stores names of the embedded example stores
 * @param relays whether links go through the fault agent's relays
 * @param restart of children that end by themselves
 * @param nodeStopLimit for a node's clean stop
 * @param logLimitBytes of one child's log file
 * @param config the whole configuration, handed on to the nodes
 */
public record SupervisorSettings(
    Path data,
    int nodes,
    String host,
    FirstPort http,
    FirstPort remoting,
    FirstPort postgres,
    FirstPort cassandra,
    List<String> stores,
    boolean relays,
    RestartSettings restart,
    Duration nodeStopLimit,
    long logLimitBytes,
    Config config) {
  /** Ports of one kind stand in a block of ten. */
  private static final int MAX_NODES = 10;

  private static final int MAX_STORES = 8;

  /** Name of the embedded Cassandra among the children. */
  static final String CASSANDRA = "cassandra";

  /**
   * The first port of one kind; the others follow it.
   *
   * @param wanted this one from now on, 0 for free ones; empty for the remembered ones
   * @param first when none is wanted and none remembered
   */
  public record FirstPort(OptionalInt wanted, int first) {
    static FirstPort from(Config config) {
      return new FirstPort(
          config.hasPath("wanted") ? OptionalInt.of(config.getInt("wanted")) : OptionalInt.empty(),
          config.getInt("first"));
    }

    int choose(Ports ports, String name, int index) throws IOException {
      OptionalInt mine =
          wanted.isPresent() && wanted.getAsInt() > 0
              ? OptionalInt.of(wanted.getAsInt() + index)
              : wanted;
      return ports.port(name, mine, first + index);
    }
  }

  public SupervisorSettings {
    data = data.toAbsolutePath().normalize();
    stores = List.copyOf(stores);
    if (nodes < 0 || nodes > MAX_NODES) {
      throw new IllegalArgumentException("copyhold.supervisor.nodes " + nodes + ": 0 to 10");
    }
    if (stores.size() > MAX_STORES
        || stores.stream().distinct().count() != stores.size()
        || !stores.stream().allMatch(s -> s.matches("[a-z][a-z0-9-]{0,30}"))
        || stores.contains("control")
        || stores.contains(CASSANDRA)
        || stores.stream().anyMatch(s -> s.startsWith("node-"))) {
      throw new IllegalArgumentException(
          "copyhold.supervisor.stores "
              + stores
              + ": at most 8 different names of lower-case letters, digits and dashes, none of them"
              + " control, cassandra or node-…");
    }
  }

  /**
   * Reads the settings.
   *
   * @param config the whole configuration, with {@code copyhold} in it
   * @param data the data directory
   */
  public static SupervisorSettings from(Config config, Path data) {
    Config c = config.getConfig("copyhold.supervisor");
    return new SupervisorSettings(
        data,
        c.getInt("nodes"),
        c.getString("host"),
        FirstPort.from(c.getConfig("ports.http")),
        FirstPort.from(c.getConfig("ports.remoting")),
        FirstPort.from(c.getConfig("ports.postgres")),
        FirstPort.from(c.getConfig("ports.cassandra")),
        c.getStringList("stores"),
        c.getBoolean("relays"),
        RestartSettings.from(c.getConfig("restart")),
        c.getDuration("node-stop-limit"),
        c.getBytes("log-limit"),
        config);
  }

  /** Where backups of the control database go. */
  public Path backups() {
    String told = config.getString("copyhold.control.backup.directory");
    return told.isEmpty() ? data.resolve("backup") : Path.of(told).toAbsolutePath().normalize();
  }

  /** How the embedded control database runs; unlike a store's server it archives its log. */
  public EmbeddedPostgresSettings controlServer(int port) {
    long seconds =
        Math.max(1, config.getDuration("copyhold.control.backup.archive-timeout").toSeconds());
    return server("control", port)
        .withParameter("archive_mode", "on")
        .withParameter("archive_library", "basic_archive")
        .withParameter("archive_timeout", Long.toString(seconds))
        .withParameter("basic_archive.archive_directory", backups().resolve("wal").toString());
  }

  /** Which journal the directory is for. */
  String journal() {
    return JournalSettings.onCassandra(config)
        ? JournalSettings.CASSANDRA
        : JournalSettings.POSTGRES;
  }

  EmbeddedPostgresSettings server(String name, int port) {
    return EmbeddedPostgresSettings.from(
            config.getConfig("copyhold.postgres.embedded"), data.resolve("postgres").resolve(name))
        .at(databaseHost(), port)
        .withLog(data.resolve("log").resolve(name + ".log"));
  }

  /** The databases listen on loopback only, wherever the nodes do. */
  String databaseHost() {
    return host.startsWith("127.") ? host : "127.0.0.1";
  }
}
