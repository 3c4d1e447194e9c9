package io.copyhold.chaos.crash;

import io.copyhold.runtime.postgres.Database;
import io.copyhold.tenants.store.StoreAddress;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A running installation: its API, and its databases past the API. */
interface Installed {
  /** The store that tenants go to. */
  String STORE = "store-a";

  /** The store's database with schemas and pools. */
  String SHARED = StoreAddress.SHARED_DATABASE;

  String REGION = "local";
  String TIER = "standard";

  Rest rest();

  Database control();

  /** A database of the store's server. */
  Database store(String database);

  /** How another store on that server is registered. */
  Map<String, Object> registration(String id);

  /** The store's role, which owns homes. */
  String role();

  default void awaitReady(String store) throws Exception {
    Rest.until(
        "store " + store,
        () ->
            rest()
                .state("/v1/stores/" + store)
                .path("health")
                .path("kind")
                .asText()
                .equals("Ready"));
  }

  /** Events that an entity has, by the journal. */
  default long events(String persistenceId) throws SQLException {
    return Long.parseLong(
        rows(control(), "select count(*)::text from copyhold.event where entity = ?", persistenceId)
            .getFirst());
  }

  /** Events of all entities together. */
  default long journaled() throws SQLException {
    return Long.parseLong(rows(control(), "select count(*)::text from copyhold.event").getFirst());
  }

  static List<String> rows(Database database, String sql, String... parameters)
      throws SQLException {
    try (Connection c = database.connect("crash-test");
        PreparedStatement s = c.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) {
        s.setString(i + 1, parameters[i]);
      }
      List<String> rows = new ArrayList<>();
      try (ResultSet r = s.executeQuery()) {
        while (r.next()) {
          rows.add(r.getString(1));
        }
      }
      return rows;
    }
  }

  static void run(Database database, String sql) throws SQLException {
    try (Connection c = database.connect("crash-test");
        Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }
}
