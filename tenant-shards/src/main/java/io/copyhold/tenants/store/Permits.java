package io.copyhold.tenants.store;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Port: what this node may ask of a store at the same time. */
@FunctionalInterface
public interface Permits {
  /** Sessions open at the store. */
  String CONNECTIONS = "connections";

  /** Heavy work under way: scripts, copies, backups. */
  String WORK = "work";

  /**
   * Waits, first come first served, and within a limit.
   *
   * @throws ProblemException {@code budget-exhausted}, of kind {@code UNAVAILABLE}
   */
  Permit take(String store, String kind);

  /** To be given back. */
  @FunctionalInterface
  interface Permit extends AutoCloseable {
    @Override
    void close();
  }

  /** So many of each kind at each store, on this node alone. */
  static Permits local(int amount, Duration wait) {
    Map<String, Semaphore> all = new ConcurrentHashMap<>();
    return (store, kind) -> {
      Semaphore free = all.computeIfAbsent(store + '/' + kind, _ -> new Semaphore(amount, true));
      try {
        if (!free.tryAcquire(wait.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new ProblemException(exhausted(store, kind, wait));
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ProblemException(Problem.unavailable("interrupted", "Stopped while waiting."), e);
      }
      return free::release;
    };
  }

  /** Nothing became free in time. */
  static Problem exhausted(String store, String kind, Duration wait) {
    return Problem.unavailable(
            "budget-exhausted",
            "No " + kind + " permit of the store became free within " + wait + ".")
        .at(store)
        .todo("It is tried again; declare more for the store if its server can take it.");
  }
}
