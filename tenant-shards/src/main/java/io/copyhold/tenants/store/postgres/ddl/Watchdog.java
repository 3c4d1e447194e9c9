package io.copyhold.tenants.store.postgres.ddl;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.store.postgres.session.Pause;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Runs a statement that works beside the writes and watches it from a second session. It has no
 * lock timeout, which would leave an invalid index; instead, whom it waits for is ended by policy,
 * and the statement is cancelled when it waits for the same transactions too long.
 */
final class Watchdog {
  private final Sessions sessions;
  private final Executor executor;
  private final Pause pause;
  private final DdlSettings settings;

  Watchdog(Sessions sessions, Executor executor, Pause pause, DdlSettings settings) {
    this.sessions = sessions;
    this.executor = executor;
    this.pause = pause;
    this.settings = settings;
  }

  /**
   * Whom it waited for.
   *
   * @param waited time in which somebody was in its way
   */
  record Watched(Duration waited, List<Blocker> blockers) {}

  Watched run(Connection c, Site site, Change change) throws SQLException {
    int pid = Sql.first(c, "select pg_backend_pid()", r -> r.getInt(1)).orElseThrow();
    FutureTask<Boolean> work =
        new FutureTask<>(() -> {
          try (Statement s = c.createStatement()) {
            s.setEscapeProcessing(false);
            return s.execute(change.sql());
          }
        });
    executor.execute(work);
    try {
      return watch(work, pid, site, change);
    } finally {
      end(c, work);
    }
  }

  private Watched watch(FutureTask<Boolean> work, int pid, Site site, Change change)
      throws SQLException {
    List<Blocker> seen = new ArrayList<>();
    Duration waited = Duration.ZERO;
    @Nullable Instant since = null;
    Instant last = pause.clock().instant();
    while (!over(work)) {
      List<Blocker> blockers = look(pid, site);
      Instant now = pause.clock().instant();
      if (blockers.isEmpty()) {
        since = null;
      } else {
        since = since == null ? now : since;
        waited = waited.plus(Duration.between(last, now));
        remember(seen, blockers);
        if (Duration.between(since, now).compareTo(settings.lockerLimit()) > 0) {
          throw new ProblemException(
              Problem.unavailable(
                      "index-waits",
                      "It has waited for "
                          + Duration.between(since, now).toSeconds()
                          + " s for transactions that were open before it: "
                          + Blocker.list(blockers))
                  .at(site.place().key() + ", " + change.object())
                  .todo("It is tried again; end those sessions, or choose a quieter time."));
        }
      }
      last = now;
    }
    return new Watched(waited, List.copyOf(seen));
  }

  /** True when the statement is over; waits for the next look otherwise. */
  private boolean over(FutureTask<Boolean> work) throws SQLException {
    try {
      work.get(settings.watchEvery().toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ProblemException(Problem.unavailable("interrupted", "Stopped while waiting."), e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof SQLException sql) {
        throw sql;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Whom it waits for now; nobody when there was no looking: the next time will do. */
  private List<Blocker> look(int pid, Site site) {
    try {
      return sessions.session(
          site.place().database(),
          "watching an index",
          c -> Blockers.act(c, Blockers.of(c, pid), site.blockers()));
    } catch (ProblemException e) {
      return List.of();
    }
  }

  /** Nobody leaves while the statement runs: its connection is used by the other thread. */
  private void end(Connection c, FutureTask<Boolean> work) throws SQLException {
    boolean interrupted = false;
    while (!work.isDone()) {
      c.unwrap(PGConnection.class).cancelQuery();
      try {
        work.get(settings.watchEvery().toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException | TimeoutException e) {
        // over with trouble, or asked once more to stop
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static void remember(List<Blocker> seen, List<Blocker> blockers) {
    for (Blocker blocker : blockers) {
      seen.removeIf(b -> b.pid() == blocker.pid());
      if (seen.size() < 10) {
        seen.add(blocker);
      }
    }
  }
}
