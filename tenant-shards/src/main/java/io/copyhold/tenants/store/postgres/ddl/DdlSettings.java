package io.copyhold.tenants.store.postgres.ddl;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Limits of changes of structure; the defaults and their reasons stand in {@code reference.conf}
 * under {@code copyhold.store.ddl}.
 *
 * @param catalogLimit of a statement that changes the catalog alone, once it has its locks
 * @param watchEvery between two looks at an index build
 * @param lockerLimit an index build waits for one and the same transaction for at most this
 * @param dropLimit for dropping what a failed build leaves, before the next attempt does it
 * @param violationsMax rows named that are in a constraint's way
 * @param violationsLimit for finding them
 */
public record DdlSettings(
    Duration catalogLimit,
    Duration watchEvery,
    Duration lockerLimit,
    Duration dropLimit,
    int violationsMax,
    Duration violationsLimit) {

  public DdlSettings {
    if (!catalogLimit.isPositive()
        || !watchEvery.isPositive()
        || !lockerLimit.isPositive()
        || !dropLimit.isPositive()
        || !violationsLimit.isPositive()
        || violationsMax < 1) {
      throw new IllegalArgumentException("copyhold.store.ddl: all limits are positive");
    }
  }

  /**
   * @param config the section {@code copyhold.store.ddl}
   */
  public static DdlSettings from(Config config) {
    return new DdlSettings(
        config.getDuration("catalog-limit"),
        config.getDuration("watch-every"),
        config.getDuration("locker-limit"),
        config.getDuration("drop-limit"),
        config.getInt("violations-max"),
        config.getDuration("violations-limit"));
  }
}
