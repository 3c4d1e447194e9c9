package io.copyhold.tenants.store;

import io.copyhold.runtime.postgres.ControlDatabase;
import io.copyhold.runtime.postgres.ControlSchema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/**
 * Leases in the control database. Each grant is one transaction that
 *
 * <ol>
 *   <li>locks the budget's row, so that grants of one budget follow each other,
 *   <li>reads the leases of others that have not ended by the database's clock,
 *   <li>takes its fair share of what was declared, at most what they leave over, at least what is
 *       in use here.
 * </ol>
 *
 * What is in use is part of this node's own lease, which the others left over: so the sum never
 * exceeds what was declared. A share of zero counts as a share: the others make room when they
 * renew.
 */
public final class PostgresPermitLeases implements PermitLeases {
  /** The tables, for {@link ControlSchema}. */
  public static final ControlSchema.Part SCHEMA =
      ControlSchema.Part.of(PostgresPermitLeases.class, "300-permit.sql");

  private final ControlDatabase database;
  private final String node;

  /**
   * @param database the control database, with {@link #SCHEMA}
   * @param node a name that no other live process has
   */
  public PostgresPermitLeases(DataSource database, String node) {
    this.database = new ControlDatabase(database, Runnable::run);
    this.node = node;
  }

  private record Other(String node, int amount) {}

  @Override
  public Grant renew(String store, String kind, int declared, int inUse, Duration lease) {
    return database.transaction(c -> {
      lock(c, store, kind, declared);
      endPredecessors(c, store, kind);
      List<Other> others = others(c, store, kind);
      int taken = others.stream().mapToInt(Other::amount).sum();
      long before = others.stream().filter(o -> o.node().compareTo(node) < 0).count();
      Grant grant = Grant.of(declared, others.size(), before, taken, held(c, store, kind, inUse));
      write(c, store, kind, grant.amount(), lease);
      return grant;
    });
  }

  /**
   * What of the use here is covered by a lease that has not ended; the rest may be others' by now.
   */
  private int held(Connection c, String store, String kind, int inUse) throws SQLException {
    try (PreparedStatement s =
        c.prepareStatement(
            "SELECT amount FROM copyhold.permit_lease WHERE store = ? AND kind = ? AND node = ?"
                + " AND until > clock_timestamp()")) {
      s.setString(1, store);
      s.setString(2, kind);
      s.setString(3, node);
      try (ResultSet r = s.executeQuery()) {
        return r.next() ? Math.min(inUse, r.getInt(1)) : 0;
      }
    }
  }

  @Override
  public void giveBack(String store, String kind) {
    database.transaction(c -> {
      try (PreparedStatement s =
          c.prepareStatement(
              "DELETE FROM copyhold.permit_lease WHERE store = ? AND kind = ? AND node = ?")) {
        s.setString(1, store);
        s.setString(2, kind);
        s.setString(3, node);
        return s.executeUpdate();
      }
    });
  }

  private static void lock(Connection c, String store, String kind, int declared)
      throws SQLException {
    try (PreparedStatement s =
        c.prepareStatement(
            "INSERT INTO copyhold.permit_budget (store, kind, declared) VALUES (?, ?, ?)"
                + " ON CONFLICT (store, kind) DO UPDATE SET declared = EXCLUDED.declared")) {
      s.setString(1, store);
      s.setString(2, kind);
      s.setInt(3, declared);
      s.executeUpdate();
    }
  }

  /**
   * Nodes are named {@code address#incarnation}. An earlier process at this one's own address has
   * ended, or this one could not listen there: after a crash the share need not run out first.
   */
  private void endPredecessors(Connection c, String store, String kind) throws SQLException {
    int end = node.indexOf('#');
    if (end < 0) {
      return;
    }
    try (PreparedStatement s =
        c.prepareStatement(
            "DELETE FROM copyhold.permit_lease"
                + " WHERE store = ? AND kind = ? AND starts_with(node, ?) AND node <> ?")) {
      s.setString(1, store);
      s.setString(2, kind);
      s.setString(3, node.substring(0, end + 1));
      s.setString(4, node);
      s.executeUpdate();
    }
  }

  private List<Other> others(Connection c, String store, String kind) throws SQLException {
    try (PreparedStatement s =
        c.prepareStatement(
            "SELECT node, amount FROM copyhold.permit_lease WHERE store = ? AND kind = ?"
                + " AND node <> ? AND until > clock_timestamp()")) {
      s.setString(1, store);
      s.setString(2, kind);
      s.setString(3, node);
      try (ResultSet r = s.executeQuery()) {
        List<Other> others = new ArrayList<>();
        while (r.next()) {
          others.add(new Other(r.getString(1), r.getInt(2)));
        }
        return others;
      }
    }
  }

  private void write(Connection c, String store, String kind, int amount, Duration lease)
      throws SQLException {
    try (PreparedStatement s =
        c.prepareStatement(
            "INSERT INTO copyhold.permit_lease (store, kind, node, amount, until)"
                + " VALUES (?, ?, ?, ?, clock_timestamp() + make_interval(secs => ?))"
                + " ON CONFLICT (store, kind, node)"
                + " DO UPDATE SET amount = EXCLUDED.amount, until = EXCLUDED.until")) {
      s.setString(1, store);
      s.setString(2, kind);
      s.setString(3, node);
      s.setInt(4, amount);
      s.setDouble(5, lease.toMillis() / 1000.0);
      s.executeUpdate();
    }
  }
}
