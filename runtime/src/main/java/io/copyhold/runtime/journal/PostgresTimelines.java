package io.copyhold.runtime.journal;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Timelines as rows of the control database. */
public final class PostgresTimelines implements Timelines {
  /** "verify" in ASCII: the advisory lock of who compares owners with their homes. */
  private static final long LOCK = 0x766572696679L;

  private static final String CURRENT =
      "SELECT floor, server, reason, since, verified FROM copyhold.timeline"
          + " ORDER BY floor DESC LIMIT 1";

  private static final String ENTITIES =
      "SELECT entity FROM copyhold.event"
          + " WHERE entity >= ? AND entity < ? AND version = 1 ORDER BY entity";

  private static final String ATTEMPTS =
      """
      SELECT e.entity, count(*) FILTER (WHERE e.name LIKE 'operation/attempt-started/%')
      FROM copyhold.event AS e WHERE e.entity = ANY (?) AND e.term <= ? GROUP BY e.entity
      """;

  private final ControlDatabase control;
  private volatile Known known = new Known(0, new TreeSet<>(Set.of(0L)));

  /**
   * What is known of timelines.
   *
   * @param term of which it was asked last: all that began before it was given out are in here
   */
  private record Known(long term, TreeSet<Long> floors) {}

  public PostgresTimelines(ControlDatabase control) {
    this.control = control;
  }

  @Override
  public Timeline current() {
    return control.now(c -> {
      try (Statement s = c.createStatement();
          ResultSet r = s.executeQuery(CURRENT)) {
        r.next();
        Timestamp verified = r.getTimestamp(5);
        return new Timeline(
            r.getLong(1),
            r.getString(2),
            r.getString(3),
            r.getTimestamp(4).toInstant(),
            verified == null ? null : verified.toInstant());
      }
    });
  }

  /**
   * A floor is stored before any term above it is given out, so it is asked only for a term that is
   * higher than all before.
   */
  @Override
  public long of(long term) {
    Known now = known;
    if (term > now.term()) {
      now = new Known(term, control.now(PostgresTimelines::floors));
      known = now;
    }
    Long floor = now.floors().lower(term);
    return floor == null ? 0 : floor;
  }

  private static TreeSet<Long> floors(Connection c) throws SQLException {
    TreeSet<Long> floors = new TreeSet<>(Set.of(0L));
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery("SELECT floor FROM copyhold.timeline")) {
      while (r.next()) {
        floors.add(r.getLong(1));
      }
    }
    return floors;
  }

  @Override
  public Timeline begin() {
    control.now(c -> {
      try (Statement s = c.createStatement()) {
        return s.execute("SELECT copyhold.begin_timeline('asked-for')");
      }
    });
    return current();
  }

  @Override
  public List<EntityRef> entities(String type) {
    return control.now(c -> {
      try (PreparedStatement s = c.prepareStatement(ENTITIES)) {
        s.setString(1, type + "|");
        s.setString(2, type + "}"); // the next character
        return refs(s);
      }
    });
  }

  private static List<EntityRef> refs(PreparedStatement s) throws SQLException {
    List<EntityRef> all = new ArrayList<>();
    try (ResultSet r = s.executeQuery()) {
      while (r.next()) {
        all.add(EntityRef.parse(r.getString(1)));
      }
    }
    return all;
  }

  @Override
  public Map<EntityRef, Long> attempts(Collection<EntityRef> operations, long floor) {
    return control.now(c -> {
      Map<EntityRef, Long> attempts = new HashMap<>();
      try (PreparedStatement s = c.prepareStatement(ATTEMPTS)) {
        s.setArray(1, keys(c, operations));
        s.setLong(2, floor);
        try (ResultSet r = s.executeQuery()) {
          while (r.next()) {
            attempts.put(EntityRef.parse(r.getString(1)), r.getLong(2));
          }
        }
      }
      return attempts;
    });
  }

  private static Array keys(Connection c, Collection<EntityRef> entities) throws SQLException {
    return c.createArrayOf("text", entities.stream().map(EntityRef::persistenceId).toArray());
  }

  @Override
  public void verified(Collection<EntityRef> owners, long floor) {
    control.now(c -> {
      try (PreparedStatement s =
          c.prepareStatement(
              "INSERT INTO copyhold.verified (entity, timeline) SELECT unnest(?), ?"
                  + " ON CONFLICT (entity) DO UPDATE SET timeline = excluded.timeline, at ="
                  + " excluded.at WHERE verified.timeline < excluded.timeline")) {
        s.setArray(1, keys(c, owners));
        s.setLong(2, floor);
        return s.executeUpdate();
      }
    });
  }

  @Override
  public Set<EntityRef> verified(long floor) {
    return control.now(c -> {
      try (PreparedStatement s =
          c.prepareStatement("SELECT entity FROM copyhold.verified WHERE timeline = ?")) {
        s.setLong(1, floor);
        return new HashSet<>(refs(s));
      }
    });
  }

  @Override
  public void allVerified(long floor) {
    control.transaction(c -> {
      try (PreparedStatement done =
              c.prepareStatement(
                  "UPDATE copyhold.timeline SET verified = clock_timestamp()"
                      + " WHERE floor = ? AND verified IS NULL");
          PreparedStatement tidy =
              c.prepareStatement("DELETE FROM copyhold.verified WHERE timeline <= ?")) {
        done.setLong(1, floor);
        done.executeUpdate();
        tidy.setLong(1, floor);
        return tidy.executeUpdate();
      }
    });
  }

  @Override
  public boolean alone(Runnable work) {
    return control.now(c -> {
      if (!ask(c, "SELECT pg_try_advisory_lock(?)")) {
        return false;
      }
      try {
        work.run();
        return true;
      } finally {
        ask(c, "SELECT pg_advisory_unlock(?)");
      }
    });
  }

  private static boolean ask(Connection c, String sql) throws SQLException {
    try (PreparedStatement s = c.prepareStatement(sql)) {
      s.setLong(1, LOCK);
      try (ResultSet r = s.executeQuery()) {
        return r.next() && r.getBoolean(1);
      }
    }
  }
}
