package io.copyhold.tenants.store.postgres.ddl;

import java.time.Duration;
import java.util.List;

/**
 * What is done about sessions whose locks are in the way. Those of Copyhold itself are waited for
 * in any case, and so is an autovacuum that prevents the wraparound of transaction ids; another
 * autovacuum worker is cancelled where the control role may ({@code pg_signal_autovacuum_worker}).
 *
 * @param action what is done to a session whose transaction is older than {@code olderThan}
 * @param olderThan age of the transaction
 * @param spared application names that are never ended
 * @param vacuumWindow where an autovacuum cannot be cancelled: wait for it once so long that the
 *     server itself ends it ({@code deadlock_timeout} and a half second more), which makes
 *     everybody who comes later wait as long
 */
public record BlockerPolicy(
    Action action, Duration olderThan, List<String> spared, boolean vacuumWindow) {
  /** Nobody is ended. */
  public static final BlockerPolicy WAIT =
      new BlockerPolicy(Action.WAIT, Duration.ZERO, List.of(), false);

  /** From the mildest. */
  public enum Action {
    /** They are named and waited for. */
    WAIT,
    /**
     * A running statement is cancelled; a session that is idle in its transaction is waited for.
     */
    CANCEL,
    /** The session is ended. */
    TERMINATE
  }

  public BlockerPolicy {
    spared = List.copyOf(spared);
    if (olderThan.isNegative()) {
      throw new IllegalArgumentException("negative age " + olderThan);
    }
  }

  public static BlockerPolicy cancel(Duration olderThan) {
    return new BlockerPolicy(Action.CANCEL, olderThan, List.of(), false);
  }

  public static BlockerPolicy terminate(Duration olderThan) {
    return new BlockerPolicy(Action.TERMINATE, olderThan, List.of(), false);
  }

  /** The same, agreeing to one long wait for an autovacuum. */
  public BlockerPolicy withVacuumWindow() {
    return new BlockerPolicy(action, olderThan, spared, true);
  }
}
