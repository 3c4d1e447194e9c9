package io.copyhold.chaos.demo;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.time.Duration;
import java.util.Locale;

/** Time in the story: waiting for something with a limit, and measuring. */
@PortAdapter
final class Waiting {
  private static final Duration LOOK = Duration.ofMillis(50);

  /** Sixty tenants take some fifteen seconds on two cores. */
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private Waiting() {}

  interface Condition {
    boolean holds() throws InterruptedException;
  }

  /** Returns when it holds. */
  static void await(String what, Condition condition) throws InterruptedException {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - end > 0) {
        throw new ProblemException(
            "took-too-long",
            "Waited " + LIMIT.toMinutes() + " minutes for " + what + ".",
            "Read the logs.");
      }
      Thread.sleep(LOOK);
    }
  }

  /** Ends the story when something is not as it should be. */
  static void refuse(boolean bad, String what) {
    if (bad) {
      throw new ProblemException("not-as-expected", what, "Read the node's log.");
    }
  }

  /** By {@link System#nanoTime}. */
  static long now() {
    return System.nanoTime();
  }

  static Duration since(long begin) {
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1e3);
  }
}
