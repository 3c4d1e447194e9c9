package io.copyhold.config.node;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How a child that ended by itself is started again; the reasons stand in {@code reference.conf}
 * under {@code copyhold.supervisor.restart}.
 *
 * @param minBackoff before the first attempt
 * @param maxBackoff before any attempt
 * @param jitter part of the backoff that is random, 0 to 1
 * @param attempts in a row, then it stays down
 * @param steadyAfter a child that ran so long has recovered
 * @param besideOthers before the first attempt of a node that was killed beside others
 */
record RestartSettings(
    Duration minBackoff,
    Duration maxBackoff,
    double jitter,
    int attempts,
    Duration steadyAfter,
    Duration besideOthers) {
  RestartSettings {
    if (!minBackoff.isPositive() || maxBackoff.compareTo(minBackoff) < 0) {
      throw new IllegalArgumentException(
          "restart: 0 < min-backoff " + minBackoff + " <= max-backoff " + maxBackoff);
    }
    if (jitter < 0 || jitter > 1 || attempts < 0) {
      throw new IllegalArgumentException(
          "restart: jitter " + jitter + " is 0 to 1, attempts " + attempts + " not negative");
    }
  }

  static RestartSettings from(Config config) {
    return new RestartSettings(
        config.getDuration("min-backoff"),
        config.getDuration("max-backoff"),
        config.getDouble("jitter"),
        config.getInt("attempts"),
        config.getDuration("steady-after"),
        config.getDuration("beside-others"));
  }

  /**
   * Doubles with each attempt up to the maximum; the jitter takes away from it.
   *
   * @param attempt 1 for the first
   */
  Duration backoff(int attempt, RandomGenerator random) {
    long full = minBackoff.toMillis();
    for (int i = 1; i < attempt && full < maxBackoff.toMillis(); i++) {
      full *= 2;
    }
    full = Math.min(full, maxBackoff.toMillis());
    return Duration.ofMillis(Math.round(full * (1 - jitter * random.nextDouble())));
  }
}
