package io.copyhold.tenants.store.postgres.ddl;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Says when a backfill has to hold back so that others do not suffer. */
@FunctionalInterface
public interface Throttle {
  /** Never holds back. */
  Throttle NONE = (c, table) -> Optional.empty();

  /**
   * A reason to hold back now.
   *
   * @param why for people; begins like a sentence
   * @param atMost it is heeded so long
   * @param goOn true to go on after that; false to stop and come back later
   */
  record Hold(String why, Duration atMost, boolean goOn) {}

  /**
   * Looks, on a connection of the control role outside any transaction.
   *
   * @param table the one that is worked on
   */
  Optional<Hold> look(Connection c, TableName table) throws SQLException;

  /** The first reason of several. */
  static Throttle any(List<Throttle> all) {
    List<Throttle> copy = List.copyOf(all);
    return (c, table) -> {
      for (Throttle each : copy) {
        Optional<Hold> hold = each.look(c, table);
        if (hold.isPresent()) {
          return hold;
        }
      }
      return Optional.empty();
    };
  }
}
