package io.copyhold.config.node;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Limits of how a node watches itself and others; the reasons stand in {@code reference.conf} under
 * {@code copyhold.node.pauses}.
 *
 * @param tick of the watch
 * @param fenceAfter a longer stall closes the fence
 * @param patience another node may be silent for so long, on a machine that does not stall
 * @param patienceMax and for so long on one that does
 * @param rememberedFor a stall widens the patience for so long
 * @param remembered at most so many stalls
 */
public record PauseSettings(
    Duration tick,
    Duration fenceAfter,
    Duration patience,
    Duration patienceMax,
    Duration rememberedFor,
    int remembered) {
  public PauseSettings {
    if (!tick.isPositive()
        || fenceAfter.compareTo(tick.multipliedBy(3)) < 0
        || fenceAfter.compareTo(patience) > 0
        || patienceMax.compareTo(patience) < 0
        || remembered < 1) {
      throw new IllegalArgumentException(
          "copyhold.node.pauses: 3 ticks of "
              + tick
              + " <= fence-after "
              + fenceAfter
              + " <= patience "
              + patience
              + " <= patience-max "
              + patienceMax);
    }
  }

  /**
   * Reads the settings.
   *
   * @param config the section {@code copyhold.node.pauses}
   */
  public static PauseSettings from(Config config) {
    return new PauseSettings(
        config.getDuration("tick"),
        config.getDuration("fence-after"),
        config.getDuration("patience"),
        config.getDuration("patience-max"),
        config.getDuration("remembered-for"),
        config.getInt("remembered"));
  }
}
