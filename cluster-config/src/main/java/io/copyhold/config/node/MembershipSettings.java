package io.copyhold.config.node;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Limits of membership; the reasons stand in {@code reference.conf} under {@code
 * copyhold.node.membership}.
 *
 * @param heartbeat between two heartbeats
 * @param deadAfter a node without heartbeat for so long counts as dead when a cluster is formed
 * @param sayAfter a node that still waits says so again after this
 */
public record MembershipSettings(Duration heartbeat, Duration deadAfter, Duration sayAfter) {
  public MembershipSettings {
    if (!heartbeat.isPositive() || deadAfter.compareTo(heartbeat.multipliedBy(3)) < 0) {
      throw new IllegalArgumentException(
          "membership: dead-after " + deadAfter + " must be 3 heartbeats of " + heartbeat);
    }
  }

  /**
   * Reads the settings.
   *
   * @param config the section {@code copyhold.node.membership}
   */
  public static MembershipSettings from(Config config) {
    return new MembershipSettings(
        config.getDuration("heartbeat"),
        config.getDuration("dead-after"),
        config.getDuration("say-after"));
  }
}
