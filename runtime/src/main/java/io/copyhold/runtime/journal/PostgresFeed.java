package io.copyhold.runtime.journal;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Slices;
import io.copyhold.runtime.journal.FeedOffset.Snapshot;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * The feed over the journal's table. The order of insertion is not the order of commit, so the feed
 * goes from snapshot to snapshot of PostgreSQL:
 *
 * <ol>
 *   <li>Ask which transactions have ended by now: the goal.
 *   <li>Read, in pages and in the order of (transaction, ordering), the rows of all transactions
 *       that the goal sees and the snapshot before did not: those that were open then, and the
 *       younger ones.
 *   <li>When no row is left, the goal is the snapshot before.
 * </ol>
 *
 * An entity stores one event after the other, so a snapshot that sees one sees those before it, and
 * within one snapshot their transactions ascend. A transaction that stays open holds nobody else's
 * events back.
 */
public final class PostgresFeed implements Feed {
  private static final String ROWS =
      """
      SELECT xid::text, ordering, entity, version, name, payload
      FROM (
        (SELECT * FROM copyhold.event
         WHERE xid = ANY (?::text[]::xid8[]) AND (xid, ordering) > (?::text::xid8, ?)
           AND slice BETWEEN ? AND ?
         ORDER BY xid, ordering LIMIT ?)
        UNION ALL
        (SELECT * FROM copyhold.event
         WHERE xid >= ?::text::xid8 AND xid < ?::text::xid8 AND xid <> ALL (?::text[]::xid8[])
           AND (xid, ordering) > (?::text::xid8, ?)
           AND slice BETWEEN ? AND ?
         ORDER BY xid, ordering LIMIT ?)
      ) AS page
      ORDER BY page.xid, page.ordering LIMIT ?
      """;

  private final ControlDatabase database;
  private final Codec codec;

  public PostgresFeed(ControlDatabase database, Codec codec) {
    this.database = database;
    this.codec = codec;
  }

  @Override
  public Batch read(Slices slices, String offset, int limit) {
    if (limit < 1 || limit > 10_000) {
      throw new IllegalArgumentException("limit " + limit + ": 1 to 10000");
    }
    FeedOffset from = FeedOffset.parse(offset);
    return database.now(connection -> read(connection, slices, from, limit));
  }

  @Override
  public String end() {
    return database.now(connection -> FeedOffset.at(snapshot(connection)).toString());
  }

  private Batch read(Connection connection, Slices slices, FeedOffset from, int limit)
      throws SQLException {
    FeedOffset way = from.onTheWay() ? from : from.towards(snapshot(connection));
    if (!way.onTheWay()) {
      return new Batch(List.of(), from.toString(), false);
    }
    List<Entry> entries = new ArrayList<>();
    FeedOffset reached = way;
    try (PreparedStatement s = connection.prepareStatement(ROWS)) {
      bind(connection, s, slices, way, limit);
      try (ResultSet r = s.executeQuery()) {
        while (r.next()) {
          reached =
              new FeedOffset(way.seen(), way.goal(), Long.parseLong(r.getString(1)), r.getLong(2));
          String manifest = r.getString(5);
          entries.add(
              new Entry(
                  EntityRef.parse(r.getString(3)),
                  r.getLong(4),
                  manifest,
                  codec.decodeEvent(manifest, r.getBytes(6)),
                  reached.toString()));
        }
      }
    }
    boolean more = entries.size() == limit;
    return new Batch(entries, (more ? reached : FeedOffset.at(way.goal())).toString(), more);
  }

  private static void bind(
      Connection connection, PreparedStatement s, Slices slices, FeedOffset way, int limit)
      throws SQLException {
    String after = Long.toString(way.xid());
    int i = 0;
    s.setArray(++i, texts(connection, way.endedMeanwhile()));
    s.setString(++i, after);
    s.setLong(++i, way.ordering());
    s.setInt(++i, slices.from());
    s.setInt(++i, slices.to());
    s.setInt(++i, limit);
    s.setString(++i, Long.toString(way.seen().xmax()));
    s.setString(++i, Long.toString(way.goal().xmax()));
    s.setArray(++i, texts(connection, way.goal().open()));
    s.setString(++i, after);
    s.setLong(++i, way.ordering());
    s.setInt(++i, slices.from());
    s.setInt(++i, slices.to());
    s.setInt(++i, limit);
    s.setInt(++i, limit);
  }

  private static java.sql.Array texts(Connection connection, List<Long> xids) throws SQLException {
    return connection.createArrayOf("text", xids.stream().map(String::valueOf).toArray());
  }

  private static Snapshot snapshot(Connection connection) throws SQLException {
    try (PreparedStatement s = connection.prepareStatement("SELECT pg_current_snapshot()::text");
        ResultSet r = s.executeQuery()) {
      r.next();
      return Snapshot.parse(r.getString(1));
    }
  }
}
