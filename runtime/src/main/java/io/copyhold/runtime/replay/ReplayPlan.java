package io.copyhold.runtime.replay;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What to drive again, and how far.
 *
 * @param entity whose events, with those of its operations
 * @param name under which the place reached is kept, for a later {@code resume}
 * @param resume go on at the place kept; what comes before is folded without pause
 * @param toVersion the last of the entity's own events, or null
 * @param toTime nothing that happened later, or null
 * @param speed 1 for the pace of the past, 60 for a minute a second, 0 for as fast as can be
 * @param timeMax stop after this, and keep the place
 */
public record ReplayPlan(
    EntityRef entity,
    String name,
    boolean resume,
    @Nullable Long toVersion,
    @Nullable Instant toTime,
    double speed,
    Duration timeMax) {
  public ReplayPlan {
    if (!name.matches("[a-z0-9][a-z0-9-]{0,39}")) {
      throw new ProblemException(
          Problem.invalid("replay-name", "a replay's name has 1 to 40 of a-z, 0-9 and -")
              .at("/name"));
    }
    if (!(speed >= 0 && speed <= 1_000_000)) {
      throw new ProblemException(
          Problem.invalid("replay-speed", "speed must be 0 (no pauses) to 1000000").at("/speed"));
    }
    if (toVersion != null && toVersion < 1) {
      throw new ProblemException(
          Problem.invalid("replay-version", "toVersion must be at least 1").at("/toVersion"));
    }
  }
}
