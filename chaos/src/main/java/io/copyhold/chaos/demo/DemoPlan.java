package io.copyhold.chaos.demo;

import io.copyhold.chaos.workload.Invoicing;
import java.util.ArrayList;
import java.util.List;

/**
 * How large the story is.
 *
 * @param tenants 6 to 600, a third in each strategy
 * @param size of each tenant's data
 * @param nodes 1 to 5
 */
record DemoPlan(int tenants, Invoicing.Size size, int nodes) {
  static final List<String> STRATEGIES = List.of("database", "schema", "pool");

  private static final List<String> PLACES =
      List.of(
          "alder", "birch", "cedar", "dune", "elm", "fjord", "grove", "heath", "isle", "juniper",
          "knoll", "larch", "marsh", "north", "oak", "pine", "quarry", "river", "stone", "thorn");
  private static final List<String> TRADES = List.of("works", "trade", "labs");

  DemoPlan {
    if (tenants < 6 || tenants > 600) {
      throw new IllegalArgumentException("6 to 600 tenants, not " + tenants);
    }
    if (nodes < 1 || nodes > 5) {
      throw new IllegalArgumentException("1 to 5 nodes, not " + nodes);
    }
  }

  /**
   * One tenant-to-be.
   *
   * @param seed of its data
   */
  record Guest(String id, String name, String strategy, long seed) {}

  List<Guest> guests() {
    List<Guest> all = new ArrayList<>();
    for (int i = 0; i < tenants; i++) {
      String place = PLACES.get(i / 3 % PLACES.size());
      String trade = TRADES.get(i % 3);
      int round = i / (3 * PLACES.size());
      String id = place + "-" + trade + (round == 0 ? "" : "-" + (round + 1));
      all.add(new Guest(id, title(place) + " " + title(trade), STRATEGIES.get(i % 3), 1_000L + i));
    }
    return all;
  }

  private static String title(String word) {
    return Character.toUpperCase(word.charAt(0)) + word.substring(1);
  }
}
