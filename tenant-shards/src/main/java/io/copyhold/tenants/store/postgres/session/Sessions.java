package io.copyhold.tenants.store.postgres.session;

import com.zaxxer.hikari.HikariDataSource;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PoolSettings;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.Permits;
import io.copyhold.tenants.store.StoreAddress;
import io.copyhold.tenants.store.StoreSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Connections to one store. Those to the shared database are pooled; a database home is visited
 * rarely, so it gets a connection each time. A permit is held as long as a connection is used.
 */
public final class Sessions implements AutoCloseable {
  /** What is done with a connection. */
  @FunctionalInterface
  public interface Work<T> {
    T on(Connection c) throws SQLException;
  }

  private static final String APPLICATION = "copyhold";

  private final StoreAddress address;
  private final Database server;
  private final StoreSettings settings;
  private final Permits permits;
  private final ReentrantLock opening = new ReentrantLock();
  private @Nullable HikariDataSource shared;

  public Sessions(
      StoreAddress address, Supplier<String> password, StoreSettings settings, Permits permits) {
    this.address = address;
    this.settings = settings;
    this.permits = permits;
    this.server =
        new Database(
            address.host(),
            address.port(),
            address.sharedDatabase(),
            address.user(),
            password,
            address.sslMode(),
            settings.sourceAddress());
  }

  /** Where the server is, for problems. */
  public String where() {
    return address.store() + " at " + address.host() + ':' + address.port();
  }

  /** One transaction that is read and thrown away. */
  public <T> T read(String database, String doing, Work<T> work) {
    return session(database, doing, c -> transaction(c, true, settings.lockLimit(), work));
  }

  /** The same, for what reads all rows of a home. */
  public <T> T readLong(String database, String doing, Work<T> work) {
    return session(
        database,
        doing,
        c -> {
          c.setNetworkTimeout(Runnable::run, millis(settings.scriptLimit().plusMinutes(1)));
          return transaction(
              c,
              true,
              settings.lockLimit(),
              tx -> {
                limits(tx, settings.lockLimit(), settings.scriptLimit());
                return work.on(tx);
              });
        });
  }

  public static int millis(Duration time) {
    return (int) Math.min(Integer.MAX_VALUE, time.toMillis());
  }

  /** One transaction that waits for a lock as long as the settings say. */
  public <T> T change(String database, String doing, Work<T> work) {
    return session(database, doing, c -> transaction(c, false, settings.lockLimit(), work));
  }

  /** The same; {@code fence} can cancel its running statement. */
  public <T> T change(String database, String doing, Fence fence, Work<T> work) {
    return session(
        database,
        doing,
        c -> stoppable(c, fence, () -> transaction(c, false, settings.lockLimit(), work)));
  }

  /** A pooled session, each statement a transaction of its own. */
  public <T> T session(String database, String doing, Work<T> work) {
    try (Permits.Permit _ = permits.take(address.store(), Permits.CONNECTIONS);
        Connection c =
            database.equals(address.sharedDatabase())
                ? pool().getConnection()
                : connect(database, APPLICATION)) {
      return work.on(c);
    } catch (SQLException e) {
      throw SqlTrouble.of(e, doing, where() + ", database " + database);
    }
  }

  /** A session of its own that carries a name, for what cannot run in a transaction. */
  public <T> T named(String database, String application, String doing, Work<T> work) {
    try (Permits.Permit _ = permits.take(address.store(), Permits.CONNECTIONS);
        Connection c = connect(database, application)) {
      return work.on(c);
    } catch (SQLException e) {
      throw SqlTrouble.of(e, doing, where() + ", database " + database);
    }
  }

  /** Runs it in a transaction of that connection. */
  public <T> T transaction(Connection c, boolean readOnly, Duration lockWait, Work<T> work)
      throws SQLException {
    c.setAutoCommit(false);
    try {
      if (readOnly) {
        Sql.run(c, "set transaction read only");
      }
      limits(c, lockWait, settings.statementLimit());
      T result = work.on(c);
      if (readOnly) {
        c.rollback();
      } else {
        c.commit();
      }
      return result;
    } catch (SQLException | RuntimeException e) {
      if (!c.isClosed()) {
        try {
          c.rollback();
        } catch (SQLException again) {
          e.addSuppressed(again);
        }
      }
      throw e;
    } finally {
      if (!c.isClosed()) {
        c.setAutoCommit(true);
      }
    }
  }

  /** Bounds the waits of the running transaction. */
  public static void limits(Connection c, Duration lockWait, Duration statement)
      throws SQLException {
    Sql.first(
        c,
        "select set_config('lock_timeout', ?, true), set_config('statement_timeout', ?, true)",
        row -> true,
        lockWait.toMillis() + "ms",
        statement.toMillis() + "ms");
  }

  /** Runs it so that the fence's stop cancels the statement at the server. */
  public static <T> T stoppable(Connection c, Fence fence, SqlCall<T> call) throws SQLException {
    PGConnection pg = c.unwrap(PGConnection.class);
    AutoCloseable registration =
        fence
            .onStop()
            .onStop(() -> {
              try {
                pg.cancelQuery();
              } catch (SQLException e) {
                throw new IllegalStateException("the server did not take the cancel request", e);
              }
            });
    try {
      return call.call();
    } finally {
      try {
        registration.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Something that talks SQL. */
  @FunctionalInterface
  public interface SqlCall<T> {
    T call() throws SQLException;
  }

  private Connection connect(String database, String application) throws SQLException {
    return server.withName(database).connect(application);
  }

  private HikariDataSource pool() {
    opening.lock();
    try {
      HikariDataSource found = shared;
      if (found == null || found.isClosed()) {
        found =
            server.pool(
                new PoolSettings(
                    APPLICATION,
                    address.connectionsMax(),
                    0,
                    settings.connectLimit(),
                    settings.borrowLimit(),
                    settings.statementLimit(),
                    settings.idleLimit(),
                    settings.lifeLimit()));
        shared = found;
      }
      return found;
    } finally {
      opening.unlock();
    }
  }

  @Override
  public void close() {
    opening.lock();
    try {
      if (shared != null) {
        shared.close();
        shared = null;
      }
    } finally {
      opening.unlock();
    }
  }
}
