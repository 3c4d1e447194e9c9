package io.copyhold.tenants.store.postgres.expand;

import io.copyhold.tenants.isolation.Place;

/** Names of what a change makes. They follow from its number alone, so that a rerun finds them. */
final class Made {
  static final String PREFIX = "_copyhold_";

  private Made() {}

  /** Schema of a version's views: {@code acme@3}; no home's name has an at sign. */
  static String views(Place home, String version) {
    return Place.fit(home.schema() + '@' + version);
  }

  /** A table, column, index or constraint until its change is finalized. */
  static String named(int number, String name) {
    return Place.fit(PREFIX + number + '_' + name);
  }

  static String marker(int number) {
    return PREFIX + number + "_todo";
  }

  static String notNull(int number, String column) {
    return Place.fit(PREFIX + number + "_nn_" + column);
  }

  /** Function of a table's trigger. */
  static String function(String table) {
    return Place.fit(PREFIX + "sync_" + table);
  }

  /**
   * Name of the row trigger: it sorts last, so that it sees what other triggers made of the row.
   */
  static final String ROW_TRIGGER = "~copyhold_sync";

  static final String STATEMENT_TRIGGER = "_copyhold_version";
}
