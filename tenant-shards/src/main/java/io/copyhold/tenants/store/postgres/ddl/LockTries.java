package io.copyhold.tenants.store.postgres.ddl;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.postgres.session.Pause;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Tries again and again to get a lock, waiting a little longer each time: whoever comes after a
 * waiting request waits with it, so no single wait is long, and between two tries all go through.
 */
public record LockTries(Pause pause, RandomGenerator random) {
  private static final double GROWTH = 1.5;
  private static final int REMEMBERED_MAX = 10;

  /** One try; throws {@link Waited} when the lock was not to be had. */
  @FunctionalInterface
  public interface Attempt<T> {
    T with(Duration lockWait);
  }

  /** A lock was not to be had in time. */
  public static final class Waited extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final transient List<Blocker> blockers;
    private final transient @Nullable Duration window;

    public Waited(List<Blocker> blockers, Throwable cause) {
      this(blockers, null, cause);
    }

    /**
     * @param window the next wait, once, whatever the policy's steps are
     */
    Waited(List<Blocker> blockers, @Nullable Duration window, Throwable cause) {
      super("lock wait", cause);
      this.blockers = blockers;
      this.window = window;
    }
  }

  /**
   * What came of the tries.
   *
   * @param waited from the first try to the one that got through
   * @param blockers of the failed tries, each once, the latest that were seen of each
   */
  public record Done<T>(T result, int attempts, Duration waited, List<Blocker> blockers) {}

  /**
   * @param what completes "No lock …" for the problem
   * @throws ProblemException {@code lock-wait}, unavailable, with the names of the last blockers
   */
  public <T> Done<T> run(LockPolicy locks, String where, String what, Attempt<T> attempt) {
    Instant begun = pause.clock().instant();
    List<Blocker> seen = new ArrayList<>();
    Duration wait = locks.first();
    @Nullable Duration window = null;
    boolean windowUsed = false;
    for (int tries = 1; ; tries++) {
      try {
        T result = attempt.with(window == null ? wait : window);
        return new Done<>(result, tries, since(begun), List.copyOf(seen));
      } catch (Waited e) {
        window = windowUsed ? null : e.window;
        windowUsed |= window != null;
        remember(seen, e.blockers);
        Duration spent = since(begun);
        if (spent.plus(window == null ? wait : window).compareTo(locks.total()) > 0) {
          throw new ProblemException(
              Problem.unavailable(
                      "lock-wait",
                      "No lock"
                          + what
                          + " in "
                          + tries
                          + " tries over "
                          + spent.toMillis()
                          + " ms: "
                          + Blocker.list(e.blockers))
                  .at(where)
                  .todo("It is tried again; end those sessions, or choose a quieter time."),
              e);
        }
        pause.pause(Duration.ofMillis(random.nextLong(wait.toMillis() + 1)));
        long next = (long) (wait.toMillis() * (GROWTH + random.nextDouble(0.2)));
        wait = Duration.ofMillis(Math.min(locks.cap().toMillis(), Math.max(1, next)));
      }
    }
  }

  private Duration since(Instant begun) {
    return Duration.between(begun, pause.clock().instant());
  }

  private static void remember(List<Blocker> seen, List<Blocker> blockers) {
    for (Blocker blocker : blockers) {
      seen.removeIf(b -> b.pid() == blocker.pid() && b.application().equals(blocker.application()));
      if (seen.size() < REMEMBERED_MAX) {
        seen.add(blocker);
      }
    }
  }
}
