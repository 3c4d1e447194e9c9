package io.copyhold.runtime.journal;

import com.typesafe.config.Config;
import com.zaxxer.hikari.HikariDataSource;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.jdbc.db.SlickDatabase;
import org.apache.pekko.persistence.jdbc.db.SlickDatabaseProvider;
import scala.Option;
import slick.jdbc.JdbcBackend;
import slick.jdbc.JdbcBackend$;
import slick.jdbc.JdbcProfile;
import slick.jdbc.PostgresProfile$;
import slick.util.AsyncExecutor$;

/**
 * Gives Pekko's JDBC plugin one bounded pool for journal, snapshots and replay, from {@code
 * copyhold.journal}. Named in {@code copyhold-pekko.conf}; the plugin makes it, once per actor
 * system.
 */
public final class JournalDatabase implements SlickDatabaseProvider {
  private final SlickDatabase shared;

  public JournalDatabase(ActorSystem system) {
    JournalSettings settings = JournalSettings.from(system.settings().config());
    HikariDataSource pool = settings.database().pool(settings.pool());
    int size = settings.pool().maxSize();
    JdbcBackend.JdbcDatabaseDef slick =
        JdbcBackend$.MODULE$
            .Database()
            .forDataSource(
                pool,
                Option.apply(size),
                // as many threads as connections, or Slick's own priorities deadlock
                AsyncExecutor$.MODULE$.apply(
                    "copyhold-journal", size, size, settings.queueMax(), size, false),
                false);
    this.shared = new Shared(slick);
    system.registerOnTermination(() -> {
      slick.close();
      pool.close();
    });
  }

  @Override
  public SlickDatabase database(Config plugin) {
    return shared;
  }

  /** Ours to close, not the plugin's: its three parts come and go by themselves. */
  private record Shared(JdbcBackend.JdbcDatabaseDef database) implements SlickDatabase {
    @Override
    public JdbcProfile profile() {
      return PostgresProfile$.MODULE$;
    }

    @Override
    public boolean allowShutdown() {
      return false;
    }
  }
}
