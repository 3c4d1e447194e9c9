package io.copyhold.failover.divergence;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Pace of the verification; reasons stand in {@code reference.conf} under {@code
 * copyhold.control.verify}.
 *
 * @param look between two looks at which timeline is under way
 * @param again between two passes over what could not be compared
 * @param batch owners that are written down as compared together
 */
public record VerificationSettings(Duration look, Duration again, int batch) {
  public VerificationSettings {
    if (!look.isPositive() || !again.isPositive() || batch < 1) {
      throw new IllegalArgumentException("copyhold.control.verify: all values are positive");
    }
  }

  /**
   * @param root a node's whole configuration
   */
  public static VerificationSettings from(Config root) {
    Config c = root.getConfig("copyhold.control.verify");
    return new VerificationSettings(
        c.getDuration("look"), c.getDuration("again"), c.getInt("batch"));
  }
}
