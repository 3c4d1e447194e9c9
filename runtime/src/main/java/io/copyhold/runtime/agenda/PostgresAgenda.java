package io.copyhold.runtime.agenda;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Slices;
import io.copyhold.runtime.flow.GroupCommit;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The agenda in the control database. Due is the server's time. Changes are written in groups; of
 * several to one row in a group the last one counts.
 */
public final class PostgresAgenda implements Agenda {
  private static final String PUT =
      """
      INSERT INTO copyhold.agenda (entity, name, due, next, hash, node)
      SELECT entity, name, due, due, hash, ?
      FROM unnest(?::text[], ?::text[], ?::timestamptz[], ?::int[]) AS row (entity, name, due, hash)
      ORDER BY entity, name
      ON CONFLICT (entity, name) DO UPDATE
      SET due = excluded.due, next = excluded.due, node = excluded.node, missed = 0
      """;

  private static final String REMOVE =
      """
      DELETE FROM copyhold.agenda USING (
        SELECT a.entity, a.name FROM copyhold.agenda AS a
        JOIN unnest(?::text[], ?::text[]) AS row (entity, name) USING (entity, name)
        ORDER BY a.entity, a.name FOR UPDATE OF a
      ) AS gone
      WHERE agenda.entity = gone.entity AND agenda.name = gone.name
      """;

  private static final String TAKE =
      """
      WITH found AS MATERIALIZED (
        SELECT entity, name FROM copyhold.agenda
        WHERE next <= clock_timestamp() AND hash >= ? AND hash < ?
        ORDER BY next LIMIT ? FOR UPDATE SKIP LOCKED
      )
      UPDATE copyhold.agenda AS a
      SET next = clock_timestamp() + ? * interval '1 millisecond', missed = a.missed + 1
      FROM found WHERE a.entity = found.entity AND a.name = found.name
      RETURNING a.entity, a.name, a.due, a.missed - 1
      """;

  /** What was put for later is idle, or was put by a clock that was wrong: after the others. */
  private static final String WAKE =
      """
      UPDATE copyhold.agenda
      SET next = clock_timestamp() + CASE
            WHEN due <= clock_timestamp() + make_interval(secs => ?) THEN interval '0'
            ELSE make_interval(secs => ?) END
      WHERE node = ? AND name = ? AND due > clock_timestamp() AND next > clock_timestamp()
      """;

  /** {@code due} null: remove it. */
  private record Change(EntityRef entity, String name, @Nullable Instant due) {}

  private record Key(String entity, String name) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byEntity = entity.compareTo(other.entity);
      return byEntity != 0 ? byEntity : name.compareTo(other.name);
    }
  }

  /**
   * Two nodes that write the same rows may meet in a deadlock; the server ends one of them, which
   * tries again.
   */
  private static final int ATTEMPTS = 3;

  private final ControlDatabase database;
  private final String node;
  private final AgendaSettings settings;
  private final GroupCommit<List<Change>, Boolean> changes;

  /**
   * @param node this node, unlike all others and unlike itself before a restart
   */
  public PostgresAgenda(ControlDatabase database, String node, AgendaSettings settings) {
    this.database = database;
    this.node = node;
    this.settings = settings;
    this.changes =
        new GroupCommit<>(
            "agenda",
            database.blocking(),
            new GroupCommit.Limits(
                1, settings.batchMax(), settings.batchMax(), settings.queueMax()),
            this::write);
  }

  @Override
  public boolean joinsJournal() {
    return true;
  }

  @Override
  public CompletionStage<Void> put(List<Row> rows) {
    return add(rows.stream().map(row -> new Change(row.entity(), row.name(), row.due())).toList());
  }

  @Override
  public CompletionStage<Void> remove(EntityRef entity, List<String> names) {
    return add(names.stream().map(name -> new Change(entity, name, null)).toList());
  }

  private CompletionStage<Void> add(List<Change> together) {
    return together.isEmpty()
        ? CompletableFuture.completedStage(null)
        : changes.add(together, together.size()).thenAccept(_ -> {});
  }

  @Override
  public CompletionStage<Void> removeDue(EntityRef entity, String name) {
    return database
        .later(connection -> {
          try (PreparedStatement s =
              connection.prepareStatement(
                  "DELETE FROM copyhold.agenda"
                      + " WHERE entity = ? AND name = ? AND due <= clock_timestamp()")) {
            s.setString(1, entity.toString());
            s.setString(2, name);
            return s.executeUpdate();
          }
        })
        .thenAccept(_ -> {});
  }

  private List<Boolean> write(List<List<Change>> group) {
    Map<Key, Change> last = new TreeMap<>();
    for (List<Change> together : group) {
      for (Change change : together) {
        last.put(new Key(change.entity().toString(), change.name()), change);
      }
    }
    List<Change> puts = last.values().stream().filter(change -> change.due() != null).toList();
    List<Change> removes = last.values().stream().filter(change -> change.due() == null).toList();
    database.now(connection -> {
      if (!puts.isEmpty()) {
        again(() -> put(connection, puts));
      }
      if (!removes.isEmpty()) {
        again(() -> remove(connection, removes));
      }
      return true;
    });
    return Collections.nCopies(group.size(), true);
  }

  private interface Statement {
    void run() throws SQLException;
  }

  private static void again(Statement statement) throws SQLException {
    for (int attempt = 1; ; attempt++) {
      try {
        statement.run();
        return;
      } catch (SQLException e) {
        if (attempt == ATTEMPTS || !"40P01".equals(e.getSQLState())) {
          throw e;
        }
      }
    }
  }

  private void put(Connection connection, List<Change> rows) throws SQLException {
    try (PreparedStatement s = connection.prepareStatement(PUT)) {
      s.setString(1, node);
      s.setArray(
          2,
          array(connection, "text", rows.stream().map(row -> row.entity().toString()).toArray()));
      s.setArray(3, array(connection, "text", rows.stream().map(Change::name).toArray()));
      s.setArray(
          4,
          array(
              connection,
              "timestamptz",
              rows.stream().map(row -> String.valueOf(row.due())).toArray()));
      s.setArray(
          5,
          array(connection, "int4", rows.stream().map(row -> Slices.hash(row.entity())).toArray()));
      s.executeUpdate();
    }
  }

  private static void remove(Connection connection, List<Change> rows) throws SQLException {
    try (PreparedStatement s = connection.prepareStatement(REMOVE)) {
      s.setArray(
          1,
          array(connection, "text", rows.stream().map(row -> row.entity().toString()).toArray()));
      s.setArray(2, array(connection, "text", rows.stream().map(Change::name).toArray()));
      s.executeUpdate();
    }
  }

  private static Array array(Connection connection, String type, Object[] values)
      throws SQLException {
    return connection.createArrayOf(type, values);
  }

  @Override
  public CompletionStage<List<Due>> take(int range, int ranges, int limit, Duration visibility) {
    int from = (int) ((long) Slices.HASHES * range / ranges);
    int to = (int) ((long) Slices.HASHES * (range + 1) / ranges);
    return database.later(connection -> {
      try (PreparedStatement s = connection.prepareStatement(TAKE)) {
        s.setInt(1, from);
        s.setInt(2, to);
        s.setInt(3, limit);
        s.setLong(4, visibility.toMillis());
        List<Due> due = new ArrayList<>();
        try (ResultSet r = s.executeQuery()) {
          while (r.next()) {
            due.add(
                new Due(
                    EntityRef.parse(r.getString(1)),
                    r.getString(2),
                    r.getObject(3, OffsetDateTime.class)
                        .withOffsetSameInstant(ZoneOffset.UTC)
                        .toInstant(),
                    r.getInt(4)));
          }
        }
        return due;
      }
    });
  }

  @Override
  public CompletionStage<Optional<Standing>> find(EntityRef entity, String name) {
    return database.later(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement(
              "SELECT due, clock_timestamp() FROM copyhold.agenda WHERE entity = ? AND name = ?")) {
        s.setString(1, entity.toString());
        s.setString(2, name);
        try (ResultSet r = s.executeQuery()) {
          return r.next()
              ? Optional.of(
                  new Standing(
                      r.getObject(1, OffsetDateTime.class).toInstant(),
                      r.getObject(2, OffsetDateTime.class).toInstant()))
              : Optional.empty();
        }
      }
    });
  }

  @Override
  public CompletionStage<Integer> wakeAllOf(String lost) {
    return database.later(connection -> {
      try (PreparedStatement s = connection.prepareStatement(WAKE)) {
        double horizon = settings.lostNodeHorizon().toMillis() / 1e3;
        s.setDouble(1, horizon);
        s.setDouble(2, settings.visibility().toMillis() / 1e3);
        s.setString(3, lost);
        s.setString(4, OPERATIONS);
        return s.executeUpdate();
      }
    });
  }

  @Override
  public CompletionStage<Set<String>> nodes() {
    return database.later(connection -> {
      try (PreparedStatement s =
              connection.prepareStatement("SELECT DISTINCT node FROM copyhold.agenda");
          ResultSet r = s.executeQuery()) {
        Set<String> nodes = new HashSet<>();
        while (r.next()) {
          nodes.add(r.getString(1));
        }
        return nodes;
      }
    });
  }

  @Override
  public CompletionStage<Long> size() {
    return database.later(connection -> number(connection, "SELECT count(*) FROM copyhold.agenda"));
  }

  @Override
  public CompletionStage<Long> lagMs() {
    return database.later(connection ->
        number(
            connection,
            "SELECT coalesce(greatest(0, extract(epoch FROM clock_timestamp() - min(next)) * 1000), 0)::bigint"
                + " FROM copyhold.agenda"));
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (PreparedStatement s = connection.prepareStatement(sql);
        ResultSet r = s.executeQuery()) {
      r.next();
      return r.getLong(1);
    }
  }
}
