package io.copyhold.runtime.operation;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Limits of the sweep over operations, read from {@code copyhold.operation.sweep}; reasons stand
 * there.
 *
 * @param every pause between two passes
 * @param ranges workers of the cluster that share the operations out
 * @param quietAfter an operation to which nothing happened for so long is looked at
 * @param againAfter one whose reason was true is looked at again after this
 * @param pause between two looks of one worker
 * @param pageMax operations listed at once
 * @param rememberedMax operations a worker remembers to have looked at
 * @param overdueMax what should have come this long ago does not come by itself
 */
public record SweepSettings(
    Duration every,
    int ranges,
    Duration quietAfter,
    Duration againAfter,
    Duration pause,
    int pageMax,
    int rememberedMax,
    Duration overdueMax) {
  public SweepSettings {
    if (!every.isPositive()
        || quietAfter.isNegative()
        || againAfter.isNegative()
        || pause.isNegative()
        || overdueMax.isNegative()) {
      throw new IllegalArgumentException(
          "copyhold.operation.sweep: durations must not be negative");
    }
    if (ranges < 1 || ranges > 100 || pageMax < 1 || pageMax > 1_000 || rememberedMax < pageMax) {
      throw new IllegalArgumentException(
          "copyhold.operation.sweep: ranges 1 to 100, page-max 1 to 1000, remembered-max no less");
    }
  }

  /**
   * @param root a node's whole configuration
   */
  public static SweepSettings from(Config root) {
    Config c = root.getConfig("copyhold.operation.sweep");
    return new SweepSettings(
        c.getDuration("every"),
        c.getInt("ranges"),
        c.getDuration("quiet-after"),
        c.getDuration("again-after"),
        c.getDuration("pause"),
        c.getInt("page-max"),
        c.getInt("remembered-max"),
        c.getDuration("overdue-max"));
  }
}
