package io.copyhold.runtime.cassandra;

import com.typesafe.config.Config;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.process.ProtectedFile;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Which Cassandra holds the control plane and how it is reached, read from {@code
 * copyhold.cassandra}; reasons stand there. The password appears in no text form of this record.
 *
 * @param contacts nodes that are asked first; the others are learned from them
 * @param datacenter the one that these nodes are in; quorums are taken in it alone
 * @param keyspace made when it is missing
 * @param replicationFactor of a keyspace that is made; an existing one is left as it is
 * @param consistency of reads and writes
 * @param serialConsistency of lightweight transactions
 * @param user empty where the server wants no login
 * @param password called when the session is opened
 * @param connectLimit of one connection
 * @param requestLimit of one request, retries included
 * @param requestsMax under way at once
 * @param queueMax requests that wait for their turn; above, they fail at once
 * @param schemaLimit wait for another process that changes the tables
 */
public record CassandraSettings(
    List<InetSocketAddress> contacts,
    String datacenter,
    String keyspace,
    int replicationFactor,
    String consistency,
    String serialConsistency,
    String user,
    Supplier<String> password,
    Duration connectLimit,
    Duration requestLimit,
    int requestsMax,
    int queueMax,
    Duration schemaLimit) {

  public CassandraSettings {
    contacts = List.copyOf(contacts);
    if (contacts.isEmpty()) {
      throw new ProblemException(
          "no-control-database",
          "The configuration names no Cassandra (copyhold.cassandra.contact-points is empty).",
          "Start with 'copyhold up --journal cassandra', which brings its own, or name your nodes.");
    }
    if (!keyspace.matches("[a-z][a-z0-9_]{0,47}")) {
      throw new IllegalArgumentException(
          "copyhold.cassandra.keyspace: up to 48 of a-z, 0-9 and _, and a letter first");
    }
    if (replicationFactor < 1 || replicationFactor > 9) {
      throw new IllegalArgumentException("copyhold.cassandra.replication-factor must be 1 to 9");
    }
    if (!consistency.matches("LOCAL_QUORUM|QUORUM|EACH_QUORUM|ALL")) {
      throw new IllegalArgumentException(
          "copyhold.cassandra.consistency "
              + consistency
              + ": a quorum, or what was acknowledged may not be read again");
    }
    if (!serialConsistency.matches("LOCAL_SERIAL|SERIAL")) {
      throw new IllegalArgumentException(
          "copyhold.cassandra.serial-consistency must be LOCAL_SERIAL or SERIAL");
    }
    if (!connectLimit.isPositive() || !requestLimit.isPositive() || !schemaLimit.isPositive()) {
      throw new IllegalArgumentException("copyhold.cassandra: limits must be positive");
    }
    if (requestsMax < 1 || queueMax < 1) {
      throw new IllegalArgumentException(
          "copyhold.cassandra: requests-max and queue-max must be at least 1");
    }
  }

  /**
   * @param root a node's whole configuration
   */
  public static CassandraSettings from(Config root) {
    Config c = root.getConfig("copyhold.cassandra");
    String password = c.getString("password");
    String file = c.getString("password-file");
    return new CassandraSettings(
        c.getStringList("contact-points").stream().map(CassandraSettings::address).toList(),
        c.getString("datacenter"),
        c.getString("keyspace"),
        c.getInt("replication-factor"),
        c.getString("consistency"),
        c.getString("serial-consistency"),
        c.getString("user"),
        file.isEmpty() ? () -> password : ProtectedFile.secret(Path.of(file)),
        c.getDuration("connect-limit"),
        c.getDuration("request-limit"),
        c.getInt("requests-max"),
        c.getInt("queue-max"),
        c.getDuration("schema-limit"));
  }

  /**
   * Whether the configuration names nodes of the user's own.
   *
   * @param root a whole configuration
   */
  public static boolean isExternal(Config root) {
    return !root.getStringList("copyhold.cassandra.contact-points").isEmpty();
  }

  /** The keys that name these nodes and this keyspace, for a node's configuration. */
  public static Map<String, Object> keys(
      List<InetSocketAddress> contacts, String keyspace, int replicationFactor) {
    Map<String, Object> keys = new HashMap<>();
    keys.put(
        "copyhold.cassandra.contact-points",
        contacts.stream().map(at -> at.getHostString() + ":" + at.getPort()).toList());
    keys.put("copyhold.cassandra.keyspace", keyspace);
    keys.put("copyhold.cassandra.replication-factor", replicationFactor);
    return keys;
  }

  private static InetSocketAddress address(String text) {
    int cut = text.lastIndexOf(':');
    if (cut < 1 || !text.substring(cut + 1).matches("[0-9]{1,5}")) {
      throw new IllegalArgumentException(
          "copyhold.cassandra.contact-points: " + text + " is not host:port");
    }
    String host = text.substring(0, cut).replace("[", "").replace("]", "");
    return new InetSocketAddress(host, Integer.parseInt(text.substring(cut + 1)));
  }

  @Override
  public String toString() {
    return "Cassandra " + contacts + ", keyspace " + keyspace;
  }
}
