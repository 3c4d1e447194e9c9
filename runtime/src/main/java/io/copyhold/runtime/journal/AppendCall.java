package io.copyhold.runtime.journal;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Slices;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The arguments of one call of {@code copyhold.append}: a column of values for each parameter. */
final class AppendCall {
  static final String SQL =
      "SELECT copyhold.append(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

  private record Column(String type, List<Object> values) {
    Column(String type) {
      this(type, new ArrayList<>());
    }
  }

  private final String node;
  private final Column types = new Column("text");
  private final Column shards = new Column("int4");
  private final Column terms = new Column("int8");
  private final List<Column> events = columns("int4 text int8 text bytea timestamptz text int2");
  private final List<Column> puts = columns("int4 text text timestamptz int4");
  private final List<Column> removes = columns("int4 text text");

  AppendCall(String node) {
    this.node = node;
  }

  private static List<Column> columns(String types) {
    return List.of(types.split(" ")).stream().map(Column::new).toList();
  }

  void add(PostgresJournal.Write write, Shard shard) {
    types.values().add(shard.type());
    shards.values().add(shard.number());
    terms.values().add(write.term());
    int number = types.values().size();
    EntityRef entity = write.entity();
    int slice = Slices.of(entity);
    long version = write.from();
    for (PostgresJournal.Row row : write.rows()) {
      add(
          events,
          number,
          entity.persistenceId(),
          version++,
          row.name(),
          row.payload(),
          row.at().toString(),
          row.principal(),
          slice);
      if (row.agenda() != null) {
        row.agenda()
            .puts()
            .forEach(put ->
                add(
                    puts,
                    number,
                    put.entity().toString(),
                    put.name(),
                    put.due().toString(),
                    Slices.hash(put.entity())));
        row.agenda().removes().forEach(name -> add(removes, number, entity.toString(), name));
      }
    }
  }

  private static void add(List<Column> columns, Object... values) {
    for (int i = 0; i < values.length; i++) {
      columns.get(i).values().add(values[i]);
    }
  }

  void bind(Connection connection, PreparedStatement statement) throws SQLException {
    List<Column> all = new ArrayList<>(List.of(types, shards, terms));
    all.addAll(events);
    all.addAll(puts);
    all.addAll(removes);
    statement.setString(1, node);
    for (int i = 0; i < all.size(); i++) {
      Column column = all.get(i);
      Object[] values =
          column.type().equals("bytea")
              ? column.values().toArray(byte[][]::new)
              : column.values().toArray();
      statement.setArray(i + 2, connection.createArrayOf(column.type(), values));
    }
  }
}
