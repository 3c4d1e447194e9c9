package io.copyhold.tenants.store;

import java.time.Duration;

/**
 * How long a change may wait for locks that applications hold. Each try waits a little longer than
 * the one before (times 1.5, jittered), so that nobody queues behind us for long.
 *
 * @param first the first try's lock wait
 * @param cap the longest single lock wait
 * @param total from the first try to giving up with {@code lock-wait}
 */
public record LockPolicy(Duration first, Duration cap, Duration total) {
  /** Half a minute in all; no try makes others wait for more than two seconds. */
  public static final LockPolicy DEFAULT =
      new LockPolicy(Duration.ofMillis(50), Duration.ofSeconds(2), Duration.ofSeconds(30));

  public LockPolicy {
    if (first.toMillis() < 1 || cap.compareTo(first) < 0 || total.compareTo(cap) < 0) {
      throw new IllegalArgumentException(
          "not 1 ms <= first <= cap <= total: " + first + ", " + cap + ", " + total);
    }
  }
}
