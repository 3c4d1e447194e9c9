package io.copyhold.tenants.store.postgres.ddl;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Limits of backfills; the defaults and their reasons stand in {@code reference.conf} under {@code
 * copyhold.store.backfill}.
 *
 * @param target what a chunk should take
 * @param rowsFirst of the first chunk
 * @param rowsMin a chunk is not tuned below this
 * @param rowsMax nor above
 * @param chunkLimit a chunk that takes longer is stopped and halved
 * @param lockLimit a chunk's wait for rows that an application has changed and not committed
 * @param lockTries of one chunk
 * @param checkLimit of the query that looks for rows that are left
 * @param passesMax times that a table is gone through while rows are left
 * @param throttleEvery between two looks at the server's signals
 * @param throttlePoll the same while it holds back
 * @param throttleLimit it holds back for at most this, then it comes back later
 * @param vacuumLimit it holds back for a vacuum of the table for at most this, then it goes on
 * @param lagMax replicas may be behind by this
 * @param lagBytesMax and by this many bytes of log
 * @param skipMax rows that any backfill may skip
 */
public record BackfillSettings(
    Duration target,
    int rowsFirst,
    int rowsMin,
    int rowsMax,
    Duration chunkLimit,
    Duration lockLimit,
    int lockTries,
    Duration checkLimit,
    int passesMax,
    Duration throttleEvery,
    Duration throttlePoll,
    Duration throttleLimit,
    Duration vacuumLimit,
    Duration lagMax,
    long lagBytesMax,
    int skipMax) {

  public BackfillSettings {
    if (!target.isPositive() || chunkLimit.compareTo(target) <= 0) {
      throw new IllegalArgumentException("copyhold.store.backfill: not 0 < target < chunk-limit");
    }
    if (rowsMin < 1 || rowsFirst < rowsMin || rowsMax < rowsFirst) {
      throw new IllegalArgumentException(
          "copyhold.store.backfill: not 1 <= rows-min <= rows-first <= rows-max");
    }
    if (!lockLimit.isPositive()
        || lockTries < 1
        || passesMax < 1
        || !throttlePoll.isPositive()
        || skipMax < 0) {
      throw new IllegalArgumentException("copyhold.store.backfill: limits are positive");
    }
  }

  /**
   * @param config the section {@code copyhold.store.backfill}
   */
  public static BackfillSettings from(Config config) {
    return new BackfillSettings(
        config.getDuration("target"),
        config.getInt("rows-first"),
        config.getInt("rows-min"),
        config.getInt("rows-max"),
        config.getDuration("chunk-limit"),
        config.getDuration("lock-limit"),
        config.getInt("lock-tries"),
        config.getDuration("check-limit"),
        config.getInt("passes-max"),
        config.getDuration("throttle-every"),
        config.getDuration("throttle-poll"),
        config.getDuration("throttle-limit"),
        config.getDuration("vacuum-limit"),
        config.getDuration("lag-max"),
        config.getMemorySize("lag-bytes-max").toBytes(),
        config.getInt("skip-max"));
  }
}
