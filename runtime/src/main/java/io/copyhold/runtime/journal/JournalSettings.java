package io.copyhold.runtime.journal;

import com.typesafe.config.Config;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.flow.GroupCommit;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PoolSettings;
import io.copyhold.runtime.process.ProtectedFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * The control database and how it is reached, read from {@code copyhold.journal}; reasons stand
 * there.
 *
 * @param pool for storing and replaying events
 * @param sidePool for everything else
 * @param groups how writes are gathered
 * @param shards of each entity type; fixed for the life of a cluster
 * @param schemaLockMax wait for another node that changes the schema
 */
public record JournalSettings(
    Database database,
    PoolSettings pool,
    PoolSettings sidePool,
    GroupCommit.Limits groups,
    int shards,
    Duration schemaLockMax) {
  /** {@code copyhold.journal.kind} of a control plane in PostgreSQL. */
  public static final String POSTGRES = "postgres";

  /** And of one in Cassandra. */
  public static final String CASSANDRA = "cassandra";

  /**
   * How the small reads of recovering entities are gathered. Their number is bounded by {@code
   * pekko.persistence.max-concurrent-recoveries}, well below what may wait here; a group of 64
   * snapshots of the largest states is 4 MiB.
   */
  static final GroupCommit.Limits READS = new GroupCommit.Limits(2, 64, 64, 10_000);

  /** Before the tables are there, there is nothing to arrive at. */
  private static final String ARRIVE =
      "DO $$ BEGIN IF to_regprocedure('copyhold.arrive()') IS NOT NULL THEN"
          + " PERFORM copyhold.arrive(); END IF; END $$";

  /**
   * @param root a node's whole configuration
   */
  public static JournalSettings from(Config root) {
    Config c = root.getConfig("copyhold.journal");
    return new JournalSettings(
        database(c),
        PoolSettings.from("copyhold-journal", c.getConfig("pool")),
        PoolSettings.from("copyhold-side", c.getConfig("side-pool")),
        new GroupCommit.Limits(
            c.getInt("group.writers"),
            c.getInt("group.count-max"),
            c.getBytes("group.bytes-max"),
            c.getInt("group.queue-max")),
        root.getInt("pekko.cluster.sharding.number-of-shards"),
        c.getDuration("schema-lock-max"));
  }

  /**
   * A pool of connections to the control database. Each begins by looking at which server it
   * reached: when that is another one than before (restored, or promoted), a new {@link Timeline}
   * begins before anything else can be done there.
   */
  public HikariDataSource open(PoolSettings settings) {
    return database.pool(settings, ARRIVE);
  }

  /**
   * Whether the control plane is in Cassandra ({@code copyhold.journal.kind}).
   *
   * @param root a whole configuration
   */
  public static boolean onCassandra(Config root) {
    String kind = root.getString("copyhold.journal.kind");
    if (!kind.equals(POSTGRES) && !kind.equals(CASSANDRA)) {
      throw new ProblemException(
          "journal-unknown",
          "The configuration names the journal \"" + kind + "\" (copyhold.journal.kind).",
          "Name postgres or cassandra.");
    }
    return kind.equals(CASSANDRA);
  }

  /**
   * Whether the configuration names a server of the user's own.
   *
   * @param root a whole configuration
   */
  public static boolean isExternal(Config root) {
    return !root.getString("copyhold.journal.host").isEmpty();
  }

  private static Database database(Config c) {
    if (c.getString("host").isEmpty()) {
      throw new ProblemException(
          "no-control-database",
          "The configuration names no control database (copyhold.journal.host is empty).",
          "Start with 'copyhold up', which brings its own, or name your server.");
    }
    String password = c.getString("password");
    String file = c.getString("password-file");
    return new Database(
        c.getString("host"),
        c.getInt("port"),
        c.getString("database"),
        c.getString("user"),
        file.isEmpty() ? () -> password : ProtectedFile.secret(Path.of(file)),
        c.getString("ssl-mode"));
  }

  /** The keys of {@code copyhold.journal} that name this database, for a node's configuration. */
  public static Map<String, Object> keys(Database database) {
    Map<String, Object> keys = new HashMap<>();
    keys.put("copyhold.journal.host", database.host());
    keys.put("copyhold.journal.port", database.port());
    keys.put("copyhold.journal.database", database.name());
    keys.put("copyhold.journal.user", database.user());
    keys.put("copyhold.journal.password", database.password().get());
    keys.put("copyhold.journal.ssl-mode", database.sslMode());
    return keys;
  }
}
