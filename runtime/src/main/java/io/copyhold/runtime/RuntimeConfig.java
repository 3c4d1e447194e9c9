package io.copyhold.runtime;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;

/**
 * The configuration of a node, highest first: system properties, the user's own, what Copyhold sets
 * of Pekko ({@code copyhold-pekko.conf}), the reference files with every default and its reason.
 */
public final class RuntimeConfig {
  private RuntimeConfig() {}

  /**
   * @param user need not be resolved; may set any key, Pekko's included
   */
  public static Config of(Config user) {
    return ConfigFactory.load(
        user.withFallback(
            ConfigFactory.parseResources(RuntimeConfig.class, "/copyhold-pekko.conf")));
  }
}
