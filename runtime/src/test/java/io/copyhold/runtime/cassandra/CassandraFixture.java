package io.copyhold.runtime.cassandra;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.RuntimeConfig;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Real Cassandra for tests: one server per test JVM, started when first asked for and removed at
 * its end, on a loopback address of its own. A keyspace costs some seconds for its tables.
 */
public final class CassandraFixture {
  private static final AtomicInteger COUNTER = new AtomicInteger();
  private static final List<EmbeddedCassandra> SERVERS = new ArrayList<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(CassandraFixture::closeAll));
  }

  private CassandraFixture() {}

  private static final class Shared {
    static final EmbeddedCassandra SERVER = start(newSettings());
  }

  /** The server that all tests of this JVM share. */
  public static EmbeddedCassandra server() {
    return Shared.SERVER;
  }

  /** The keys of a keyspace on the shared server that does not exist yet; nobody else knows it. */
  public static Map<String, Object> newKeyspace() {
    return keys(server(), "test_" + COUNTER.incrementAndGet());
  }

  /** The keys of a control plane in that keyspace. */
  public static Map<String, Object> keys(EmbeddedCassandra server, String keyspace) {
    Map<String, Object> keys =
        new HashMap<>(CassandraSettings.keys(List.of(server.address()), keyspace, 1));
    keys.put("copyhold.journal.kind", "cassandra");
    // Of a machine that runs other tests, too.
    keys.put("copyhold.cassandra.request-limit", "8s");
    return keys;
  }

  /** A ring of three nodes. */
  public static List<EmbeddedCassandra> ring() {
    String net = PostgresFixture.loopback().replaceAll("\\.[0-9]+$", ".");
    List<EmbeddedCassandra> nodes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      EmbeddedCassandraSettings settings = newSettings().at(net + (201 + i), 0, 0);
      nodes.add(
          start(
              i == 0
                  ? settings
                  : settings.joining(
                      nodes.getFirst(), i == 1 ? Long.MIN_VALUE / 3 * 2 : Long.MAX_VALUE / 3 * 2)));
    }
    return nodes;
  }

  /** The keyspace of these keys, made when it is missing, with the tables of {@code parts}. */
  public static ControlKeyspace open(Map<String, ?> keys, List<KeyspaceSchema.Part> parts) {
    ControlKeyspace keyspace =
        ControlKeyspace.open(
            CassandraSettings.from(RuntimeConfig.of(ConfigFactory.parseMap(keys))));
    new KeyspaceSchema(parts).apply(keyspace);
    return keyspace;
  }

  /** Settings of a server that does not exist yet, for tests that start it themselves. */
  public static EmbeddedCassandraSettings newSettings() {
    return durable().notDurable();
  }

  /** The same for a test that kills the whole server and looks what is left. */
  public static EmbeddedCassandraSettings durable() {
    Path home = Path.of(System.getProperty("copyhold.root"), "runtime/cassandra-server/target");
    return EmbeddedCassandraSettings.from(
            ConfigFactory.parseMap(Map.of("home", home.toString()))
                .withFallback(ConfigFactory.load().getConfig("copyhold.cassandra.embedded")),
            PostgresFixture.newDirectory())
        .at(PostgresFixture.loopback(), 0, 0);
  }

  /** Starts a server and ends it with this JVM, unless the test did. */
  public static EmbeddedCassandra start(EmbeddedCassandraSettings settings) {
    EmbeddedCassandra server = EmbeddedCassandra.start(settings);
    synchronized (SERVERS) {
      SERVERS.add(server);
    }
    return server;
  }

  private static void closeAll() {
    synchronized (SERVERS) {
      for (EmbeddedCassandra server : SERVERS) {
        server.kill(); // nothing of it is kept
        server.close();
      }
    }
  }
}
