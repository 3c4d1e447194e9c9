package io.copyhold.runtime.entity;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A wake-up that an entity's state wants.
 *
 * @param name unique within the entity, at most 100 characters
 * @param due when; business data, so it comes from a command
 * @param every the pause after which it is due again, for one that recurs: those missed meanwhile
 *     are counted, and it rings once; null for one that does not
 */
public record Alarm(String name, Instant due, @Nullable Duration every) {
  public Alarm {
    if (every != null && !every.isPositive()) {
      throw new IllegalArgumentException("alarm " + name + " recurs every " + every);
    }
  }

  /** One that rings once. */
  public Alarm(String name, Instant due) {
    this(name, due, null);
  }

  /** How often it was due again between its time and {@code now}. */
  int missed(Instant now) {
    return every == null || now.isBefore(due)
        ? 0
        : (int) Math.min(Integer.MAX_VALUE, Duration.between(due, now).dividedBy(every));
  }
}
