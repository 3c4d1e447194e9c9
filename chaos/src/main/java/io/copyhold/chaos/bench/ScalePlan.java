package io.copyhold.chaos.bench;

import java.time.Duration;
import java.util.List;

/**
 * How far it grows, and what is measured at each size.
 *
 * @param sizes tenants, ascending, each at least {@value #SMALLEST}
 * @param operations whether each tenant has the events of its onboarding in the journal, too
 * @param nodes the cluster that one node is compared with
 * @param nodesAt the size at which it is
 * @param warm changes per node that are not counted: cold code is not what is asked here
 * @param hot changes of tenants that are in memory
 * @param cold changes of tenants that are not, one each
 * @param wakes tenants that are read to wake them, at most
 * @param idleAfter a tenant leaves the memory so long after its last command
 */
record ScalePlan(
    List<Integer> sizes,
    boolean operations,
    int nodes,
    int nodesAt,
    int warm,
    int hot,
    int cold,
    int wakes,
    Duration idleAfter) {
  /** Tenants in memory that changes go round. */
  static final int HOT_TENANTS = 100;

  static final int SMALLEST = 1_000;
  static final int LARGEST = 5_000_000;

  ScalePlan {
    sizes = List.copyOf(sizes);
    for (int i = 0; i < sizes.size(); i++) {
      // each size needs tenants of its own that nobody has touched yet
      if (sizes.get(i) < (i == 0 ? SMALLEST : sizes.get(i - 1) + SMALLEST)
          || sizes.get(i) > LARGEST) {
        throw new IllegalArgumentException(
            "tenants " + sizes + ": ascending by at least 1000 each, from 1000 to 5000000");
      }
    }
    if (sizes.size() < 2) {
      throw new IllegalArgumentException("tenants " + sizes + ": at least two sizes to compare");
    }
    if (nodes < 2 || nodes > 9) {
      throw new IllegalArgumentException("nodes " + nodes + ": 2 to 9");
    }
  }

  static ScalePlan full(List<Integer> sizes, boolean operations, int nodes) {
    return new ScalePlan(
        sizes, operations, nodes, second(sizes), 2_000, 2_000, 400, 10_000, Duration.ofSeconds(30));
  }

  /** It shows that it runs. */
  static ScalePlan quick(List<Integer> sizes, boolean operations, int nodes) {
    return new ScalePlan(
        sizes, operations, nodes, second(sizes), 150, 300, 100, 500, Duration.ofSeconds(10));
  }

  private static int second(List<Integer> sizes) {
    return sizes.size() > 1 ? sizes.get(1) : 0;
  }
}
