package io.copyhold.tenants.store.postgres.ddl;

import java.time.Duration;

/** Asked between any two chunks, also while the backfill holds back: what an operator wants now. */
@FunctionalInterface
public interface Control {
  /** Nobody has wishes. */
  Control NONE = progress -> Order.GO;

  /** Returns at once. */
  Order next(BackfillProgress progress);

  /** What to do next. */
  sealed interface Order {
    Order GO = new Go(Tuning.NONE);

    /** The next chunk. */
    record Go(Tuning tuning) implements Order {}

    /** None: the attempt ends, and another one goes on later. */
    record Halt(String reason) implements Order {}
  }

  /**
   * How hard to work.
   *
   * @param target what a chunk should take; zero for the settings' one
   * @param rowsMax of a chunk; 0 for the settings' limit
   * @param rest pause after each chunk in multiples of what it took, 0 to 100: the operator's
   *     signal that others need the server
   */
  record Tuning(Duration target, int rowsMax, double rest) {
    public static final Tuning NONE = new Tuning(Duration.ZERO, 0, 0);

    public Tuning {
      if (target.isNegative() || rowsMax < 0 || !(rest >= 0 && rest <= 100)) {
        throw new IllegalArgumentException(
            "not a tuning: " + target + ", " + rowsMax + ", " + rest);
      }
    }
  }
}
