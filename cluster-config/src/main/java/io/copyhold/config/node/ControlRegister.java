package io.copyhold.config.node;

import com.typesafe.config.Config;
import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.runtime.cassandra.CassandraSettings;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.journal.JournalSettings;
import io.copyhold.runtime.postgres.PoolSettings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The register as a supervisor reaches it, in whichever database the control plane is. */
interface ControlRegister extends AutoCloseable {
  /** As {@link NodeRegister#ended}. */
  boolean ended(String addressSuffix);

  @Override
  void close();

  /** Connects when it is first asked. */
  static ControlRegister of(Config config) {
    return JournalSettings.onCassandra(config)
        ? new InCassandra(CassandraSettings.from(config))
        : new InPostgres(
            JournalSettings.from(config)
                .open(
                    PoolSettings.from(
                            "copyhold-supervisor", config.getConfig("copyhold.postgres.pool"))
                        .withMaxSize(1)));
  }

  /** With one connection at most. */
  record InPostgres(HikariDataSource pool) implements ControlRegister {
    @Override
    public boolean ended(String addressSuffix) {
      return new PostgresNodeRegister(pool, Duration.ZERO).ended(addressSuffix);
    }

    @Override
    public void close() {
      pool.close();
    }
  }

  /** With a session of its own. */
  final class InCassandra implements ControlRegister {
    private final CassandraSettings settings;
    private @Nullable ControlKeyspace keyspace;

    InCassandra(CassandraSettings settings) {
      this.settings = settings;
    }

    @Override
    public synchronized boolean ended(String addressSuffix) {
      ControlKeyspace open = keyspace;
      if (open == null) {
        open = ControlKeyspace.open(settings);
        keyspace = open;
      }
      return new CassandraNodeRegister(open, Duration.ZERO).ended(addressSuffix);
    }

    @Override
    public synchronized void close() {
      if (keyspace != null) {
        keyspace.close();
      }
    }
  }
}
