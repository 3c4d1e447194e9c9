package io.copyhold.runtime;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;

/**
 * The configuration of a node, highest first: system properties, the user's own, what Copyhold sets
 * of Pekko ({@code copyhold-pekko.conf}, and {@code copyhold-cassandra.conf} where the control
 * plane is there), the reference files with every default and its reason.
 */
public final class RuntimeConfig {
  private RuntimeConfig() {}

  /**
   * @param user need not be resolved; may set any key, Pekko's included
   */
  public static Config of(Config user) {
    Config ours = ConfigFactory.parseResources(RuntimeConfig.class, "/copyhold-pekko.conf");
    Config whole = ConfigFactory.load(user.withFallback(ours));
    if (!whole.getString("copyhold.journal.kind").equals("cassandra")) {
      return whole;
    }
    return ConfigFactory.load(
        user.withFallback(
                ConfigFactory.parseResources(RuntimeConfig.class, "/copyhold-cassandra.conf"))
            .withFallback(ours));
  }
}
