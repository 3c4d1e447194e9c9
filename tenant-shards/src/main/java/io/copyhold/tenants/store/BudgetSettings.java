package io.copyhold.tenants.store;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Limits of budgets; the defaults and their reasons stand in {@code reference.conf} under {@code
 * copyhold.store}.
 *
 * @param lease how long a node's share is its own without renewal
 * @param margin a node stops using its share that much before the lease's end
 * @param patience wait for a permit
 * @param idle an unused share is given back after this
 * @param waitersMax who wait for one kind of permit of one store on this node
 */
public record BudgetSettings(
    Duration lease, Duration margin, Duration patience, Duration idle, int waitersMax) {

  public BudgetSettings {
    if (margin.isNegative() || margin.multipliedBy(4).compareTo(lease) > 0) {
      throw new IllegalArgumentException("budget: margin " + margin + " of lease " + lease);
    }
    if (waitersMax < 1 || patience.isNegative() || idle.compareTo(lease) < 0) {
      throw new IllegalArgumentException("budget: waiters-max, permit-limit or idle-limit");
    }
  }

  /**
   * @param config the section {@code copyhold.store}
   */
  public static BudgetSettings from(Config config) {
    return new BudgetSettings(
        config.getDuration("budget.lease"),
        config.getDuration("budget.margin"),
        config.getDuration("permit-limit"),
        config.getDuration("budget.idle-limit"),
        config.getInt("budget.waiters-max"));
  }
}
