package io.copyhold.tenants.store;

import java.time.Duration;

/**
 * Port to the leases of one node on what stores declared. The leases of all nodes on one budget
 * never exceed what was declared, by the time of the database they are kept in. Calls block, and
 * fail with a {@link io.copyhold.runtime.ProblemException} of kind {@code UNAVAILABLE} when it is
 * away.
 */
public interface PermitLeases {
  /**
   * What was granted.
   *
   * @param fair what this node would get if the others had made room
   */
  record Grant(int amount, int fair) {
    /**
     * The rule of every implementation: a fair share, at most what the others leave over, at least
     * what is in use here and covered by a lease that has not ended.
     *
     * @param declared by the store, for all nodes
     * @param others nodes with a lease that has not ended; an amount of zero counts
     * @param before how many of them have a lower name
     * @param taken by them together
     * @param held of the use here
     */
    static Grant of(int declared, int others, long before, int taken, int held) {
      int nodes = others + 1;
      int fair = declared / nodes + (before < declared % nodes ? 1 : 0);
      return new Grant(Math.max(0, Math.max(held, Math.min(fair, declared - taken))), fair);
    }
  }

  /**
   * Renews this node's lease, or takes the first.
   *
   * @param declared by the store, for all nodes
   * @param inUse here now
   * @param lease lasts so long from now
   */
  Grant renew(String store, String kind, int declared, int inUse, Duration lease);

  void giveBack(String store, String kind);
}
