package io.copyhold.tenants.store.postgres.session;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Supplier;

/** Waiting for something to become true at the server: asks again and again, within a limit. */
public record Pause(InstantSource clock, Sleep sleep, Duration poll) {
  /** Port: lets time pass. */
  @FunctionalInterface
  public interface Sleep {
    void sleep(Duration time) throws InterruptedException;
  }

  /** Asks until it is so; {@code late} says what to throw past the limit. */
  public void until(Duration limit, SqlCondition condition, Supplier<Problem> late)
      throws java.sql.SQLException {
    Instant end = clock.instant().plus(limit);
    while (!condition.holds()) {
      if (clock.instant().isAfter(end)) {
        throw new ProblemException(late.get());
      }
      pause(poll);
    }
  }

  public void pause(Duration time) {
    try {
      sleep.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ProblemException(Problem.unavailable("interrupted", "Stopped while waiting."), e);
    }
  }

  /** Asked of the server. */
  @FunctionalInterface
  public interface SqlCondition {
    boolean holds() throws java.sql.SQLException;
  }
}
