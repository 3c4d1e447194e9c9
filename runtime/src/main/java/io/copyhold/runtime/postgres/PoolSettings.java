package io.copyhold.runtime.postgres;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Limits of one connection pool; the defaults and their reasons stand in {@code reference.conf}
 * under {@code copyhold.postgres.pool}.
 *
 * @param name shown as application name in the server's {@code pg_stat_activity}
 * @param maxSize connections at most
 * @param minIdle connections kept open while idle
 * @param connectLimit for reaching the server and logging in
 * @param borrowLimit wait for a free connection
 * @param statementLimit the server cancels a longer statement
 * @param idleLimit an idle connection above {@code minIdle} is closed after this
 * @param lifeLimit a connection is replaced after this
 */
public record PoolSettings(
    String name,
    int maxSize,
    int minIdle,
    Duration connectLimit,
    Duration borrowLimit,
    Duration statementLimit,
    Duration idleLimit,
    Duration lifeLimit) {

  public PoolSettings {
    if (maxSize < 1 || minIdle < 0 || minIdle > maxSize) {
      throw new IllegalArgumentException(
          "pool " + name + ": 0 <= min-idle " + minIdle + " <= max-size " + maxSize + " and >= 1");
    }
    require(name, "connect-limit", connectLimit, Duration.ofSeconds(1));
    require(name, "borrow-limit", borrowLimit, Duration.ofMillis(250));
    require(name, "statement-limit", statementLimit, Duration.ofMillis(1));
    require(name, "idle-limit", idleLimit, Duration.ofSeconds(10));
    require(name, "life-limit", lifeLimit, Duration.ofSeconds(30));
  }

  /**
   * Reads the settings.
   *
   * @param config the section, such as {@code copyhold.postgres.pool}
   */
  public static PoolSettings from(String name, Config config) {
    return new PoolSettings(
        name,
        config.getInt("max-size"),
        config.getInt("min-idle"),
        config.getDuration("connect-limit"),
        config.getDuration("borrow-limit"),
        config.getDuration("statement-limit"),
        config.getDuration("idle-limit"),
        config.getDuration("life-limit"));
  }

  /** The same with another bound. */
  public PoolSettings withMaxSize(int size) {
    return new PoolSettings(
        name,
        size,
        Math.min(minIdle, size),
        connectLimit,
        borrowLimit,
        statementLimit,
        idleLimit,
        lifeLimit);
  }

  private static void require(String name, String key, Duration value, Duration least) {
    if (value.compareTo(least) < 0) {
      throw new IllegalArgumentException(
          "pool " + name + ": " + key + " " + value + " is less than " + least);
    }
  }
}
