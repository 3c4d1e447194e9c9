package io.copyhold.runtime.journal;

import io.copyhold.runtime.Slices;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * The arguments of one call of {@code copyhold.append}: a column of values for each parameter, of
 * the element's own class, so that the driver sends them in binary form.
 */
final class AppendCall {
  static final String SQL =
      "SELECT copyhold.append(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  /** A shard's lock, and the term under which its owner writes. */
  private record Held(int lock, long term) {
    static final Comparator<Held> ORDER =
        Comparator.comparingInt(Held::lock).thenComparingLong(Held::term);
  }

  private static final class Column<T> {
    private final String type;
    private final T[] none;
    private final List<T> values = new ArrayList<>();

    Column(String type, T[] none) {
      this.type = type;
      this.none = none;
    }

    void bind(Connection connection, PreparedStatement statement, int index) throws SQLException {
      statement.setArray(index, connection.createArrayOf(type, values.toArray(none)));
    }

    static Column<Integer> ints() {
      return new Column<>("int4", new Integer[0]);
    }

    static Column<Long> longs() {
      return new Column<>("int8", new Long[0]);
    }

    static Column<String> texts() {
      return new Column<>("text", new String[0]);
    }
  }

  private final String node;
  private final Column<Integer> locks = Column.ints();
  private final Column<Long> terms = Column.longs();
  private final Column<Integer> shards = Column.ints();
  private final Column<String> entities = Column.texts();
  private final Column<Long> versions = Column.longs();
  private final Column<String> names = Column.texts();
  private final Column<byte[]> payloads = new Column<>("bytea", new byte[0][]);
  private final Column<Long> times = Column.longs();
  private final Column<String> principals = Column.texts();
  private final Column<Short> slices = new Column<>("int2", new Short[0]);
  private final Column<Integer> putShards = Column.ints();
  private final Column<String> putEntities = Column.texts();
  private final Column<String> putNames = Column.texts();
  private final Column<Long> putDues = Column.longs();
  private final Column<Integer> putHashes = Column.ints();
  private final Column<Integer> goneShards = Column.ints();
  private final Column<String> goneEntities = Column.texts();
  private final Column<String> goneNames = Column.texts();
  private final int[] placeOfWrite;

  /**
   * @param lockOf of each write, the key of its shard's lock
   */
  AppendCall(String node, List<PostgresJournal.Write> writes, int[] lockOf) {
    this.node = node;
    this.placeOfWrite = new int[writes.size()];
    Map<Held, Integer> places = new TreeMap<>(Held.ORDER);
    for (int i = 0; i < lockOf.length; i++) {
      places.put(new Held(lockOf[i], writes.get(i).term()), 0);
    }
    places.replaceAll((held, _) -> {
      locks.values.add(held.lock());
      terms.values.add(held.term());
      return locks.values.size();
    });
    for (int i = 0; i < lockOf.length; i++) {
      PostgresJournal.Write write = writes.get(i);
      placeOfWrite[i] = Objects.requireNonNull(places.get(new Held(lockOf[i], write.term())));
      for (PostgresJournal.Row row : write.rows()) {
        add(placeOfWrite[i], row);
      }
    }
  }

  private void add(int place, PostgresJournal.Row row) {
    shards.values.add(place);
    entities.values.add(row.entity().persistenceId());
    versions.values.add(row.version());
    names.values.add(row.name());
    payloads.values.add(row.payload());
    times.values.add(micros(row.at()));
    principals.values.add(row.principal());
    slices.values.add((short) Slices.of(row.entity()));
    if (row.agenda() == null) {
      return;
    }
    row.agenda()
        .puts()
        .forEach(put -> {
          putShards.values.add(place);
          putEntities.values.add(put.entity().toString());
          putNames.values.add(put.name());
          putDues.values.add(micros(put.due()));
          putHashes.values.add(Slices.hash(put.entity()));
        });
    row.agenda()
        .removes()
        .forEach(name -> {
          goneShards.values.add(place);
          goneEntities.values.add(row.entity().toString());
          goneNames.values.add(name);
        });
  }

  /** Rounded down; a time too far away to be counted so is the last that can be. */
  private static long micros(Instant at) {
    try {
      return Math.addExact(
          Math.multiplyExact(at.getEpochSecond(), 1_000_000L), at.getNano() / 1_000);
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("not a time to keep: " + at, e);
    }
  }

  /** Of a write, the place of its shard in the answer. */
  int place(int write) {
    return placeOfWrite[write];
  }

  void bind(Connection connection, PreparedStatement statement) throws SQLException {
    statement.setString(1, node);
    int index = 2;
    for (Column<?> column :
        List.of(
            locks,
            terms,
            shards,
            entities,
            versions,
            names,
            payloads,
            times,
            principals,
            slices,
            putShards,
            putEntities,
            putNames,
            putDues,
            putHashes,
            goneShards,
            goneEntities,
            goneNames)) {
      column.bind(connection, statement, index++);
    }
  }
}
