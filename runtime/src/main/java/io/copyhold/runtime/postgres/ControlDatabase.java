package io.copyhold.runtime.postgres;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.sql.DataSource;

/**
 * The control plane's own database for calls that must not block their caller: each borrows a
 * connection of a bounded pool and runs on an executor that may block. An {@link SQLException}
 * becomes a {@link ProblemException}: {@code control-database-unavailable} when another attempt may
 * succeed.
 *
 * @param pool auto-commit connections
 * @param blocking runs what blocks: virtual threads
 */
public record ControlDatabase(DataSource pool, Executor blocking) {
  /** What is done with one connection. */
  public interface Work<T> {
    T with(Connection connection) throws SQLException;
  }

  public <T> CompletionStage<T> later(Work<T> work) {
    return CompletableFuture.supplyAsync(() -> now(work), blocking);
  }

  /** The same in the caller's thread. */
  public <T> T now(Work<T> work) {
    try (Connection connection = pool.getConnection()) {
      return work.with(connection);
    } catch (SQLException e) {
      throw new ProblemException(problem(e), e);
    }
  }

  /** All or nothing, in the caller's thread. */
  public <T> T transaction(Work<T> work) {
    return now(connection -> {
      connection.setAutoCommit(false);
      try {
        T result = work.with(connection);
        connection.commit();
        return result;
      } catch (SQLException | RuntimeException e) {
        rollback(connection, e);
        throw e;
      }
    });
  }

  private static void rollback(Connection connection, Exception because) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      because.addSuppressed(e);
    }
  }

  private static Problem problem(SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    boolean passes =
        state.isEmpty()
            || state.startsWith("08") // connection
            || state.startsWith("40") // rolled back: serialization, deadlock
            || state.startsWith("53") // resources
            || state.startsWith("55") // not in the state it needs
            || state.startsWith("57") // cancelled, shutting down
            || state.startsWith("58") // its disk
            || state.startsWith("25006"); // a standby
    return passes
        ? Problem.unavailable(
                "control-database-unavailable",
                "the control database does not answer (" + state + ")")
            .todo("it is tried again; look at that server if this lasts")
        : Problem.of(
            Problem.Kind.FAULT,
            "control-database-refused",
            "the control database refused a statement (" + state + ")");
  }
}
