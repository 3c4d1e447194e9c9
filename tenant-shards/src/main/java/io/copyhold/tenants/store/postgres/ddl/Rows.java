package io.copyhold.tenants.store.postgres.ddl;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Which rows are meant, by their keys. */
final class Rows {
  private Rows() {}

  /** Columns of a key, in its order, with their types as SQL names them. */
  record Key(List<String> columns, List<String> types) {
    Key {
      columns = List.copyOf(columns);
      types = List.copyOf(types);
    }

    static final Key CTID = new Key(List.of("ctid"), List.of("tid"));

    boolean physical() {
      return columns.equals(CTID.columns);
    }
  }

  private record Column(String index, String name, String type) {}

  /**
   * The primary key, else the narrowest complete unique btree of columns that are never null; empty
   * when there is none.
   */
  static Optional<Key> key(Connection c, TableName table) throws SQLException {
    return keys(c, table).stream().findFirst();
  }

  /** All that would do, the best first. */
  static List<Key> keys(Connection c, TableName table) throws SQLException {
    Map<String, List<Column>> indexes =
        Sql.list(
                c,
                """
                select i.relname, a.attname, format_type(a.atttypid, -1)
                from pg_index x join pg_class c on c.oid = x.indrelid
                join pg_namespace n on n.oid = c.relnamespace
                join pg_class i on i.oid = x.indexrelid join pg_am m on m.oid = i.relam
                cross join lateral unnest(x.indkey[0:x.indnkeyatts - 1]) with ordinality k(num, ord)
                join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.num
                where n.nspname = ? and c.relname = ? and x.indisunique and x.indisvalid
                  and x.indimmediate and x.indpred is null and x.indexprs is null and m.amname = 'btree'
                  and not exists (select from unnest(x.indkey[0:x.indnkeyatts - 1]) k(num)
                    join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.num
                    where not a.attnotnull)
                order by x.indisprimary desc, x.indnkeyatts, i.relname, k.ord
                """,
                r -> new Column(r.getString(1), r.getString(2), r.getString(3)),
                table.schema(),
                table.name())
            .stream()
            .collect(Collectors.groupingBy(Column::index, LinkedHashMap::new, Collectors.toList()));
    return indexes.values().stream()
        .map(columns ->
            new Key(
                columns.stream().map(Column::name).toList(),
                columns.stream().map(Column::type).toList()))
        .toList();
  }

  /** {@code (tenant_id, id) = (acme, 7)} of rows for which the predicate is true, some of them. */
  static List<String> where(Connection c, TableName table, String predicate, int max)
      throws SQLException {
    List<String> columns = key(c, table).orElse(Key.CTID).columns();
    return Sql.list(
        c,
        "select "
            + columns.stream()
                .map(k -> "left(t." + quote(k) + "::text, 64)")
                .collect(Collectors.joining(", "))
            + " from "
            + table.sql()
            + " t where "
            + Fragments.bindable(predicate)
            + " limit ?",
        r -> {
          List<String> values = new ArrayList<>();
          for (int i = 1; i <= columns.size(); i++) {
            values.add(r.getString(i));
          }
          return name(columns, values);
        },
        max);
  }

  static String name(List<String> columns, List<String> values) {
    return columns.size() == 1
        ? columns.getFirst() + " = " + values.getFirst()
        : '(' + String.join(", ", columns) + ") = (" + String.join(", ", values) + ')';
  }
}
