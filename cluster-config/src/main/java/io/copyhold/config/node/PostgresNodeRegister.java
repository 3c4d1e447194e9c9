package io.copyhold.config.node;

import io.copyhold.runtime.postgres.ControlDatabase;
import io.copyhold.runtime.postgres.ControlSchema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The register in the control database. */
public final class PostgresNodeRegister implements NodeRegister {
  /** The tables, for {@link ControlSchema}. */
  public static final ControlSchema.Part SCHEMA =
      ControlSchema.Part.of(PostgresNodeRegister.class, "100-node.sql");

  /**
   * Who won the lease removes the others at once; for so long a node that was asleep waits for it.
   */
  private static final double DECIDING_S = 10;

  private static final String ALIVE = "heartbeat > clock_timestamp() - make_interval(secs => ?)";

  private final ControlDatabase database;
  private final double deadAfterS;

  /**
   * A register in that database, whose tables exist.
   *
   * @param deadAfter a node without heartbeat for so long counts as dead
   */
  public PostgresNodeRegister(DataSource database, Duration deadAfter) {
    this.database = new ControlDatabase(database, Runnable::run);
    this.deadAfterS = deadAfter.toMillis() / 1000.0;
  }

  @Override
  public void register(Self self) {
    database.now(c -> {
      try (PreparedStatement s =
          c.prepareStatement(
              "INSERT INTO copyhold.node"
                  + " (address, uid, name, process, incarnation, state, registered, heartbeat)"
                  + " VALUES (?, ?, ?, ?, 0, 'starting', clock_timestamp(), clock_timestamp())"
                  + " ON CONFLICT (address) DO UPDATE SET uid = EXCLUDED.uid,"
                  + " name = EXCLUDED.name, process = EXCLUDED.process, incarnation = 0,"
                  + " state = 'starting', registered = EXCLUDED.registered,"
                  + " heartbeat = EXCLUDED.heartbeat, report = '{}', wish = ''")) {
        s.setString(1, self.address());
        s.setLong(2, self.uid());
        s.setString(3, self.name());
        s.setString(4, Long.toString(self.process()));
        s.executeUpdate();
      }
      return true;
    });
  }

  @Override
  public View heartbeat(Self self, State state, long incarnation, String report) {
    return database.now(c -> {
      String wish = beat(c, self, state, incarnation, report);
      long current;
      boolean steady;
      try (PreparedStatement s =
              c.prepareStatement(
                  "SELECT incarnation, steady_until > clock_timestamp()"
                      + " FROM copyhold.incarnation");
          ResultSet r = s.executeQuery()) {
        boolean there = r.next();
        current = there ? r.getLong(1) : 0;
        steady = there && r.getBoolean(2);
      }
      boolean settled = false;
      List<Row> rows = new ArrayList<>();
      try (PreparedStatement s =
          c.prepareStatement(
              "SELECT address, uid, incarnation, state, "
                  + ALIVE
                  + ", registered < clock_timestamp() - make_interval(secs => ?), report"
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
                    state(r.getString(4)),
                    r.getBoolean(5),
                    r.getString(7));
            settled |= row.address().equals(self.address()) && r.getBoolean(6);
            rows.add(row);
          }
        }
      }
      return new View(
          current, settled, wish == null, rows, wish == null ? Wish.NONE : wish(wish), steady);
    });
  }

  private static State state(String word) {
    return State.valueOf(word.toUpperCase(Locale.ROOT));
  }

  private static Wish wish(String word) {
    return word.isEmpty() ? Wish.NONE : Wish.valueOf(word.toUpperCase(Locale.ROOT));
  }

  /**
   * Also puts the row back when the database was restored to a time without it. Null when the row
   * is another's, or others have ended us; else what is wished of us.
   */
  private static @Nullable String beat(
      Connection c, Self self, State state, long incarnation, String report) throws SQLException {
    try (PreparedStatement s =
        c.prepareStatement(
            "INSERT INTO copyhold.node AS mine"
                + " (address, uid, name, process, incarnation, state, registered, heartbeat, report)"
                + " VALUES (?, ?, ?, ?, ?, ?, clock_timestamp(), clock_timestamp(), ?)"
                + " ON CONFLICT (address) DO UPDATE SET incarnation = EXCLUDED.incarnation,"
                + " state = EXCLUDED.state, heartbeat = EXCLUDED.heartbeat,"
                + " report = EXCLUDED.report"
                + " WHERE mine.uid = EXCLUDED.uid AND mine.state <> 'ended' RETURNING wish")) {
      s.setString(1, self.address());
      s.setLong(2, self.uid());
      s.setString(3, self.name());
      s.setString(4, Long.toString(self.process()));
      s.setLong(5, incarnation);
      s.setString(6, state.name().toLowerCase(Locale.ROOT));
      s.setString(7, report);
      try (ResultSet r = s.executeQuery()) {
        return r.next() ? r.getString(1) : null;
      }
    }
  }

  @Override
  public boolean form(Self self, long seen) {
    return database.now(c -> {
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
    });
  }

  @Override
  public void leave(Self self) {
    database.now(c -> {
      try (PreparedStatement s =
          c.prepareStatement("DELETE FROM copyhold.node WHERE address = ? AND uid = ?")) {
        s.setString(1, self.address());
        s.setLong(2, self.uid());
        s.executeUpdate();
      }
      return true;
    });
  }

  @Override
  public void removed(Set<Long> uids) {
    database.now(c -> {
      try (PreparedStatement s =
          c.prepareStatement(
              "UPDATE copyhold.node SET state = 'ended'"
                  + " WHERE uid = ANY (?) AND state <> 'ended'")) {
        s.setArray(1, c.createArrayOf("bigint", uids.toArray()));
        s.executeUpdate();
      }
      return true;
    });
  }

  @Override
  public Standing standing(String address, long uid) {
    return database.now(c -> {
      try (PreparedStatement s =
          c.prepareStatement(
              "SELECT n.uid = ? AND n.state <> 'ended'"
                  + " AND (n.incarnation = 0 OR n.incarnation = i.incarnation),"
                  + " EXISTS (SELECT FROM copyhold.sbr_lease l"
                  + "   WHERE right(n.address, length(l.owner) + 1) <> '@' || l.owner"
                  + "   AND l.until > clock_timestamp()"
                  + "   AND l.since > clock_timestamp() - make_interval(secs => ?))"
                  + " FROM copyhold.node n, copyhold.incarnation i WHERE n.address = ?")) {
        s.setLong(1, uid);
        s.setDouble(2, DECIDING_S);
        s.setString(3, address);
        try (ResultSet r = s.executeQuery()) {
          if (!r.next()) {
            return Standing.UNSURE; // the next heartbeat puts the row back
          }
          return !r.getBoolean(1)
              ? Standing.GONE
              : r.getBoolean(2) ? Standing.UNSURE : Standing.MEMBER;
        }
      }
    });
  }

  @Override
  public List<Listed> nodes() {
    return database.now(c -> {
      try (PreparedStatement s =
          c.prepareStatement(
              "SELECT name, address, uid, process, incarnation, state, "
                  + ALIVE
                  + ", extract(epoch FROM clock_timestamp() - heartbeat), registered, report"
                  + " FROM copyhold.node ORDER BY name, address")) {
        s.setDouble(1, deadAfterS);
        List<Listed> nodes = new ArrayList<>();
        try (ResultSet r = s.executeQuery()) {
          while (r.next()) {
            nodes.add(
                new Listed(
                    r.getString(1),
                    r.getString(2),
                    r.getLong(3),
                    r.getString(4),
                    r.getLong(5),
                    state(r.getString(6)),
                    r.getBoolean(7),
                    Duration.ofMillis(Math.max(0, Math.round(r.getDouble(8) * 1e3))),
                    r.getObject(9, OffsetDateTime.class).toInstant(),
                    r.getString(10)));
          }
        }
        return nodes;
      }
    });
  }

  @Override
  public boolean wish(String name, Wish wish) {
    return database.now(c -> {
      try (PreparedStatement s =
          c.prepareStatement(
              "UPDATE copyhold.node SET wish = ? WHERE name = ? AND state <> 'ended' AND "
                  + ALIVE)) {
        s.setString(1, wish == Wish.NONE ? "" : wish.name().toLowerCase(Locale.ROOT));
        s.setString(2, name);
        s.setDouble(3, deadAfterS);
        return s.executeUpdate() > 0;
      }
    });
  }

  @Override
  public void holdSteady(Duration lasting) {
    database.now(c -> {
      try (PreparedStatement s =
          c.prepareStatement(
              "UPDATE copyhold.incarnation"
                  + " SET steady_until = clock_timestamp() + make_interval(secs => ?)")) {
        s.setDouble(1, lasting.toMillis() / 1e3);
        s.executeUpdate();
      }
      return true;
    });
  }

  @Override
  public boolean ended(String addressSuffix) {
    return database.now(c -> {
      return exists(c) && ended(c, addressSuffix);
    });
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
