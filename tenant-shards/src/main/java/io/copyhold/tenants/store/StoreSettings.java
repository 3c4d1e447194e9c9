package io.copyhold.tenants.store;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Limits of what is done to stores; the defaults and their reasons stand in {@code reference.conf}
 * under {@code copyhold.store}.
 *
 * @param connectLimit for reaching a server and logging in
 * @param borrowLimit wait for a free pooled connection
 * @param permitLimit wait for a permit of the budget
 * @param statementLimit of a statement of ours
 * @param scriptLimit of a script's statement
 * @param lockLimit wait for a lock outside scripts
 * @param sessionsEndLimit wait for ended sessions to be gone
 * @param idleLimit an unused connection is closed after this
 * @param lifeLimit a connection is replaced after this
 * @param poll between two looks at something that is waited for
 * @param fenceAge a finished operation's fence is kept for this
 * @param rowsPerDelete rows of a leaving tenant deleted in one transaction
 * @param tablesPerDrop tables dropped in one transaction
 * @param sourceAddress local address that connections come from; empty for the system's choice
 */
public record StoreSettings(
    Duration connectLimit,
    Duration borrowLimit,
    Duration permitLimit,
    Duration statementLimit,
    Duration scriptLimit,
    Duration lockLimit,
    Duration sessionsEndLimit,
    Duration idleLimit,
    Duration lifeLimit,
    Duration poll,
    Duration fenceAge,
    int rowsPerDelete,
    int tablesPerDrop,
    String sourceAddress) {

  public StoreSettings {
    if (rowsPerDelete < 1 || tablesPerDrop < 1 || !poll.isPositive() || !lockLimit.isPositive()) {
      throw new IllegalArgumentException(
          "copyhold.store: chunks, poll and lock-limit are positive");
    }
    if (scriptLimit.compareTo(statementLimit) < 0) {
      throw new IllegalArgumentException(
          "copyhold.store: script-limit is less than statement-limit");
    }
  }

  /**
   * @param config the section {@code copyhold.store}
   */
  public static StoreSettings from(Config config) {
    return new StoreSettings(
        config.getDuration("connect-limit"),
        config.getDuration("borrow-limit"),
        config.getDuration("permit-limit"),
        config.getDuration("statement-limit"),
        config.getDuration("script-limit"),
        config.getDuration("lock-limit"),
        config.getDuration("sessions-end-limit"),
        config.getDuration("idle-limit"),
        config.getDuration("life-limit"),
        config.getDuration("poll"),
        config.getDuration("fence-age"),
        config.getInt("rows-per-delete"),
        config.getInt("tables-per-drop"),
        config.getString("source-address"));
  }
}
