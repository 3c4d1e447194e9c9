package io.copyhold.config.node;

import io.copyhold.runtime.postgres.ControlSchema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import javax.sql.DataSource;

/** The register in the control database. */
public final class PostgresNodeRegister implements NodeRegister {
  /** The tables, for {@link ControlSchema}. */
  public static final ControlSchema.Part SCHEMA =
      ControlSchema.Part.of(PostgresNodeRegister.class, "100-node.sql");

  private static final String ALIVE = "heartbeat > clock_timestamp() - make_interval(secs => ?)";

  private final DataSource database;
  private final double deadAfterS;

  /**
   * A register in that database, whose tables exist.
   *
   * @param deadAfter a node without heartbeat for so long counts as dead
   */
  public PostgresNodeRegister(DataSource database, Duration deadAfter) {
    this.database = database;
    this.deadAfterS = deadAfter.toMillis() / 1000.0;
  }

  @Override
  public void register(Self self) throws SQLException {
    try (Connection c = database.getConnection();
        PreparedStatement s =
            c.prepareStatement(
                "INSERT INTO copyhold.node"
                    + " (address, uid, name, process, incarnation, state, registered, heartbeat)"
                    + " VALUES (?, ?, ?, ?, 0, 'starting', clock_timestamp(), clock_timestamp())"
                    + " ON CONFLICT (address) DO UPDATE SET uid = EXCLUDED.uid,"
                    + " name = EXCLUDED.name, process = EXCLUDED.process, incarnation = 0,"
                    + " state = 'starting', registered = EXCLUDED.registered,"
                    + " heartbeat = EXCLUDED.heartbeat")) {
      s.setString(1, self.address());
      s.setLong(2, self.uid());
      s.setString(3, self.name());
      s.setString(4, Long.toString(self.process()));
      s.executeUpdate();
    }
  }

  @Override
  public View heartbeat(Self self, State state, long incarnation) throws SQLException {
    try (Connection c = database.getConnection()) {
      boolean replaced = beat(c, self, state, incarnation) == 0;
      long current;
      try (PreparedStatement s =
              c.prepareStatement("SELECT incarnation FROM copyhold.incarnation");
          ResultSet r = s.executeQuery()) {
        current = r.next() ? r.getLong(1) : 0;
      }
      boolean settled = false;
      List<Row> rows = new ArrayList<>();
      try (PreparedStatement s =
          c.prepareStatement(
              "SELECT address, uid, incarnation, state, "
                  + ALIVE
                  + ", registered < clock_timestamp() - make_interval(secs => ?)"
                  + " FROM copyhold.node ORDER BY registered, address")) {
        s.setDouble(1, deadAfterS);
        s.setDouble(2, deadAfterS);
        try (ResultSet r = s.executeQuery()) {
          while (r.next()) {
            Row row =
                new Row(
                    r.getString(1),
                    r.getLong(2),
                    r.getLong(3),
                    State.valueOf(r.getString(4).toUpperCase(Locale.ROOT)),
                    r.getBoolean(5));
            settled |= row.address().equals(self.address()) && r.getBoolean(6);
            rows.add(row);
          }
        }
      }
      return new View(current, settled, replaced, rows);
    }
  }

  /** Also puts the row back when the database was restored to a time without it. */
  private static int beat(Connection c, Self self, State state, long incarnation)
      throws SQLException {
    try (PreparedStatement s =
        c.prepareStatement(
            "INSERT INTO copyhold.node AS mine"
                + " (address, uid, name, process, incarnation, state, registered, heartbeat)"
                + " VALUES (?, ?, ?, ?, ?, ?, clock_timestamp(), clock_timestamp())"
                + " ON CONFLICT (address) DO UPDATE SET incarnation = EXCLUDED.incarnation,"
                + " state = EXCLUDED.state, heartbeat = EXCLUDED.heartbeat"
                + " WHERE mine.uid = EXCLUDED.uid")) {
      s.setString(1, self.address());
      s.setLong(2, self.uid());
      s.setString(3, self.name());
      s.setString(4, Long.toString(self.process()));
      s.setLong(5, incarnation);
      s.setString(6, state.name().toLowerCase(Locale.ROOT));
      return s.executeUpdate();
    }
  }

  @Override
  public boolean form(Self self, long seen) throws SQLException {
    try (Connection c = database.getConnection()) {
      c.setAutoCommit(false);
      try (PreparedStatement raise =
              c.prepareStatement(
                  "UPDATE copyhold.incarnation SET incarnation = incarnation + 1, formed_by = ?,"
                      + " formed = clock_timestamp() WHERE incarnation = ? AND NOT EXISTS"
                      + " (SELECT FROM copyhold.node WHERE state = 'up' AND address <> ? AND "
                      + ALIVE
                      + ")");
          PreparedStatement up =
              c.prepareStatement(
                  "UPDATE copyhold.node SET state = 'up', incarnation = ?,"
                      + " heartbeat = clock_timestamp() WHERE address = ? AND uid = ?")) {
        raise.setString(1, self.address());
        raise.setLong(2, seen);
        raise.setString(3, self.address());
        raise.setDouble(4, deadAfterS);
        up.setLong(1, seen + 1);
        up.setString(2, self.address());
        up.setLong(3, self.uid());
        boolean won = raise.executeUpdate() == 1 && up.executeUpdate() == 1;
        if (won) {
          c.commit();
        } else {
          c.rollback();
        }
        return won;
      } catch (SQLException e) {
        c.rollback();
        throw e;
      } finally {
        c.setAutoCommit(true);
      }
    }
  }

  @Override
  public void leave(Self self) throws SQLException {
    try (Connection c = database.getConnection();
        PreparedStatement s =
            c.prepareStatement("DELETE FROM copyhold.node WHERE address = ? AND uid = ?")) {
      s.setString(1, self.address());
      s.setLong(2, self.uid());
      s.executeUpdate();
    }
  }

  /**
   * Says that a process has ended, for who saw it end: its supervisor. The other nodes then remove
   * it at once instead of waiting until it seems dead. Never called from a guess.
   *
   * @param addressSuffix how the addresses of that process's machine and port end, such as
   *     {@code @127.0.0.1:7410}
   * @return whether there was such a node
   */
  public boolean ended(String addressSuffix) throws SQLException {
    try (Connection c = database.getConnection()) {
      return exists(c) && ended(c, addressSuffix);
    }
  }

  /** Before the first node has started, there is no register. */
  private static boolean exists(Connection c) throws SQLException {
    try (PreparedStatement s =
            c.prepareStatement("SELECT to_regclass('copyhold.node') IS NOT NULL");
        ResultSet r = s.executeQuery()) {
      return r.next() && r.getBoolean(1);
    }
  }

  private static boolean ended(Connection c, String addressSuffix) throws SQLException {
    try (PreparedStatement s =
        c.prepareStatement(
            "UPDATE copyhold.node SET state = 'ended'"
                + " WHERE right(address, length(?)) = ? AND state <> 'ended'")) {
      s.setString(1, addressSuffix);
      s.setString(2, addressSuffix);
      return s.executeUpdate() > 0;
    }
  }
}
