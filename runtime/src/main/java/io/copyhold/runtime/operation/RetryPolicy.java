package io.copyhold.runtime.operation;

import java.time.Duration;

/**
 * How often and how fast a step is tried again. The wait is {@code min(cap, base * 2^(failures -
 * 1))}, jittered down by up to half.
 *
 * @param failuresMax failures after which "not now" becomes "over"
 */
public record RetryPolicy(int failuresMax, Duration base, Duration cap) {
  /** About ten minutes in all. */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(30, Duration.ofMillis(200), Duration.ofSeconds(30));

  /** For steps that must go through in the end, such as undoing: about a day. */
  public static final RetryPolicy PATIENT =
      new RetryPolicy(1_500, Duration.ofMillis(200), Duration.ofMinutes(1));

  public RetryPolicy {
    if (failuresMax < 1 || base.isNegative() || cap.compareTo(base) < 0) {
      throw new IllegalArgumentException(
          "not a retry policy: " + failuresMax + ", " + base + ", " + cap);
    }
  }

  /**
   * @param jitter 0 to 1
   */
  Duration delay(int failures, double jitter) {
    double millis =
        Math.min(cap.toMillis(), base.toMillis() * Math.pow(2, Math.min(40, failures - 1)));
    return Duration.ofMillis((long) (millis * (1 - jitter / 2)));
  }
}
