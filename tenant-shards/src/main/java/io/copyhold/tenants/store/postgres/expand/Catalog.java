package io.copyhold.tenants.store.postgres.expand;

import io.copyhold.tenants.document.Column;
import io.copyhold.tenants.document.Constraint;
import io.copyhold.tenants.document.ForeignKey;
import io.copyhold.tenants.document.IndexField;
import io.copyhold.tenants.document.ReplicaIdentity;
import io.copyhold.tenants.document.Shape;
import io.copyhold.tenants.document.Table;
import io.copyhold.tenants.isolation.RowPolicies;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the shape of a schema: one query for each kind of object. What Copyhold made for a change
 * is left out.
 */
public final class Catalog {
  private static final String TABLES =
      """
      select c.relname, c.relreplident, obj_description(c.oid, 'pg_class'),
        (select i.relname from pg_index x join pg_class i on i.oid = x.indexrelid
          where x.indrelid = c.oid and x.indisreplident)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ? and c.relkind in ('r', 'p') and not c.relispartition
        and not starts_with(c.relname, '_copyhold_')
      order by c.relname
      """;
  private static final String COLUMNS =
      """
      select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), not a.attnotnull,
        pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, col_description(c.oid, a.attnum)
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid
      left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
      where n.nspname = ? and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped
        and not starts_with(a.attname, '_copyhold_')
      order by c.relname, a.attnum
      """;
  private static final String CONSTRAINTS =
      """
      select c.relname, k.conname, k.contype,
        array(select a.attname::text from unnest(k.conkey) with ordinality as u (n, o)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n order by u.o),
        pg_get_expr(k.conbin, k.conrelid), f.relname,
        array(select a.attname::text from unnest(k.confkey) with ordinality as u (n, o)
          join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.n order by u.o),
        k.confmatchtype, k.confdeltype, k.confupdtype, k.condeferrable, k.condeferred, k.convalidated, k.connoinherit,
        pg_get_constraintdef(k.oid), coalesce(x.indnullsnotdistinct, false),
        array(select a.attname::text from unnest(x.indkey::int2[]) with ordinality as u (n, o)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n
          where u.o > x.indnkeyatts order by u.o),
        array(select a.attname::text from unnest(k.confdelsetcols) with ordinality as u (n, o)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.n order by u.o)
      from pg_constraint k join pg_class c on c.oid = k.conrelid
      join pg_namespace n on n.oid = c.relnamespace
      left join pg_class f on f.oid = k.confrelid
      left join pg_index x on x.indexrelid = k.conindid and x.indrelid = k.conrelid
      where n.nspname = ? and k.contype in ('c', 'u', 'p', 'f', 'x') and k.conparentid = 0
        and not starts_with(k.conname, '_copyhold_')
      order by c.relname, k.conname
      """;
  private static final String INDEXES =
      """
      select c.relname, i.relname, x.indisunique, m.amname, pg_get_expr(x.indpred, x.indrelid), x.indisvalid,
        pg_get_indexdef(x.indexrelid), array_to_string(i.reloptions, ', '),
        array(select coalesce(a.attname::text, '') from unnest(x.indkey::int2[]) with ordinality as u (n, o)
          left join pg_attribute a on a.attrelid = x.indrelid and a.attnum = u.n and u.n > 0
          where u.o <= x.indnkeyatts order by u.o),
        array(select u.n::int from unnest(x.indoption::int2[]) with ordinality as u (n, o) order by u.o),
        array(select case when p.opcdefault then '' else p.opcname::text end
          from unnest(x.indclass::oid[]) with ordinality as u (n, o) join pg_opclass p on p.oid = u.n order by u.o),
        array(select coalesce(l.collname::text, '') from unnest(x.indcollation::oid[]) with ordinality as u (n, o)
          left join pg_collation l on l.oid = u.n and l.collname <> 'default' order by u.o)
      from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid
      join pg_namespace n on n.oid = c.relnamespace join pg_am m on m.oid = i.relam
      where n.nspname = ? and not starts_with(i.relname, '_copyhold_')
        and not exists (select from pg_constraint k where k.conindid = i.oid and k.contype in ('u', 'p', 'x'))
      order by c.relname, i.relname
      """;

  private Catalog() {}

  private static final class Parts {
    private String replica = "d";
    private @Nullable String comment;
    private @Nullable String replicaIndex;
    private final List<Table.Field> columns = new ArrayList<>();
    private final List<Table.Rule> rules = new ArrayList<>();
    private final List<Table.Index> indexes = new ArrayList<>();
  }

  /** What is in the schema. */
  public static Shape read(Connection c, String schema) throws SQLException {
    String path = searching(c, ""); // expressions then name schemas, whatever the role is called
    Shape shape = found(c, schema);
    searching(c, path);
    return shape;
  }

  /** Sets the transaction's search path, and returns what it was. */
  private static String searching(Connection c, String path) throws SQLException {
    return Sql.first(
            c,
            "select current_setting('search_path'), set_config('search_path', ?, true)",
            r -> r.getString(1),
            path)
        .orElse("");
  }

  private static Shape found(Connection c, String schema) throws SQLException {
    Map<String, Parts> tables = new LinkedHashMap<>();
    Sql.list(
        c,
        TABLES,
        r -> {
          Parts parts = new Parts();
          parts.replica = r.getString(2);
          parts.comment = r.getString(3);
          parts.replicaIndex = r.getString(4);
          return tables.put(r.getString(1), parts);
        },
        schema);
    Sql.list(c, COLUMNS, r -> add(tables, r, p -> p.columns.add(field(r))), schema);
    Sql.list(c, CONSTRAINTS, r -> add(tables, r, p -> p.rules.add(rule(r))), schema);
    Sql.list(c, INDEXES, r -> add(tables, r, p -> p.indexes.add(index(r))), schema);
    List<Table> all = new ArrayList<>();
    boolean tenants = false;
    for (Map.Entry<String, Parts> entry : tables.entrySet()) {
      Parts parts = entry.getValue();
      boolean tenant =
          parts.columns.stream().anyMatch(f -> f.name().equals(RowPolicies.TENANT_COLUMN));
      tenants |= tenant;
      all.add(
          new Table(
              entry.getKey(),
              Table.Kind.TENANT,
              parts.columns,
              parts.rules,
              parts.indexes,
              replica(parts),
              parts.comment));
    }
    return Shape.of(tenants ? RowPolicies.TENANT_COLUMN : null, all);
  }

  @FunctionalInterface
  private interface Adding {
    void to(Parts parts) throws SQLException;
  }

  private static boolean add(Map<String, Parts> tables, ResultSet r, Adding adding)
      throws SQLException {
    Parts parts = tables.get(r.getString(1));
    if (parts != null) {
      adding.to(parts);
    }
    return true;
  }

  private static ReplicaIdentity replica(Parts parts) {
    return switch (parts.replica) {
      case "f" -> new ReplicaIdentity(ReplicaIdentity.Type.FULL, null);
      case "n" -> new ReplicaIdentity(ReplicaIdentity.Type.NOTHING, null);
      case "i" -> new ReplicaIdentity(ReplicaIdentity.Type.INDEX, parts.replicaIndex);
      default -> ReplicaIdentity.DEFAULT;
    };
  }

  private static Table.Field field(ResultSet r) throws SQLException {
    String expression = r.getString(5);
    String identity = r.getString(6);
    boolean generated = !r.getString(7).isEmpty();
    return new Table.Field(
        r.getString(2),
        r.getString(3),
        r.getBoolean(4),
        generated ? null : expression,
        switch (identity) {
          case "a" -> new Column.Identity(Column.UserValues.ALWAYS, null);
          case "d" -> new Column.Identity(Column.UserValues.BY_DEFAULT, null);
          default -> null;
        },
        generated ? expression : null,
        r.getString(8));
  }

  private static Table.Rule rule(ResultSet r) throws SQLException {
    String type = r.getString(3);
    String definition = r.getString(15);
    Constraint.Type kind =
        switch (type) {
          case "c" -> Constraint.Type.CHECK;
          case "u" -> Constraint.Type.UNIQUE;
          case "p" -> Constraint.Type.PRIMARY_KEY;
          case "f" -> Constraint.Type.FOREIGN_KEY;
          default -> Constraint.Type.EXCLUDE;
        };
    List<String> include = strings(r, 17);
    return new Table.Rule(
        new Constraint(
            r.getString(2),
            kind,
            strings(r, 4),
            kind == Constraint.Type.CHECK ? r.getString(5) : null,
            kind == Constraint.Type.FOREIGN_KEY
                ? new ForeignKey(
                    r.getString(6),
                    strings(r, 7),
                    r.getString(8).equals("f") ? ForeignKey.Match.FULL : ForeignKey.Match.SIMPLE,
                    action(r.getString(9)),
                    action(r.getString(10)),
                    strings(r, 18))
                : null,
            kind == Constraint.Type.EXCLUDE ? new Constraint.Exclude(null, definition, null) : null,
            include.isEmpty() ? null : new Constraint.IndexParameters(null, null, include),
            r.getBoolean(11),
            r.getBoolean(12),
            r.getBoolean(16),
            kind == Constraint.Type.CHECK && r.getBoolean(14)),
        r.getBoolean(13));
  }

  private static ForeignKey.Action action(String code) {
    return switch (code) {
      case "r" -> ForeignKey.Action.RESTRICT;
      case "c" -> ForeignKey.Action.CASCADE;
      case "n" -> ForeignKey.Action.SET_NULL;
      case "d" -> ForeignKey.Action.SET_DEFAULT;
      default -> ForeignKey.Action.NO_ACTION;
    };
  }

  private static Table.Index index(ResultSet r) throws SQLException {
    List<String> names = strings(r, 9);
    Integer[] options = (Integer[]) r.getArray(10).getArray();
    List<String> classes = strings(r, 11);
    List<String> collations = strings(r, 12);
    List<IndexField> fields = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      boolean descending = (options[i] & 1) != 0;
      boolean first = (options[i] & 2) != 0;
      fields.add(
          new IndexField(
              names.get(i),
              collations.get(i).isEmpty() ? null : collations.get(i),
              classes.get(i).isEmpty() ? null : new IndexField.Opclass(classes.get(i), List.of()),
              descending ? IndexField.Sort.DESC : null,
              first == descending ? null : first ? IndexField.Nulls.FIRST : IndexField.Nulls.LAST));
    }
    boolean plain = names.stream().noneMatch(String::isEmpty);
    return new Table.Index(
        r.getString(2),
        plain ? fields : List.of(),
        r.getBoolean(3),
        method(r.getString(4)),
        r.getString(5),
        r.getString(8),
        r.getBoolean(6),
        r.getString(7));
  }

  private static IndexField.Method method(String name) {
    for (IndexField.Method method : IndexField.Method.values()) {
      if (method.toString().equals(name)) {
        return method;
      }
    }
    throw new IllegalStateException("no index method " + name);
  }

  private static List<String> strings(ResultSet r, int column) throws SQLException {
    Array array = r.getArray(column);
    return array == null ? List.of() : List.of((String[]) array.getArray());
  }
}
