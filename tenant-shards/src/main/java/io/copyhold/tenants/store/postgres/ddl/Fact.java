package io.copyhold.tenants.store.postgres.ddl;

import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * Something that the catalog must show after a change.
 *
 * @param says the same in words: {@code table app.invoice has column due}
 * @param query returns a row if and only if it is so; trusted text
 * @param values what its parameters are bound to
 */
public record Fact(String says, String query, List<String> values) {
  private static final String COLUMN =
      "select from pg_attribute a join pg_class c on c.oid = a.attrelid"
          + " join pg_namespace n on n.oid = c.relnamespace where n.nspname = ? and c.relname = ?"
          + " and a.attname = ? and a.attnum > 0 and not a.attisdropped";
  private static final String CONSTRAINT =
      "select from pg_constraint k join pg_class c on c.oid = k.conrelid"
          + " join pg_namespace n on n.oid = c.relnamespace where n.nspname = ? and c.relname = ?"
          + " and k.conname = ?";
  private static final String RELATION =
      "select from pg_class c join pg_namespace n on n.oid = c.relnamespace"
          + " where n.nspname = ? and c.relname = ?";

  public Fact {
    values = List.copyOf(values);
  }

  private static Fact of(String says, String query, String... values) {
    return new Fact(says, query, List.of(values));
  }

  public static Fact table(TableName table) {
    return of(
        "table " + table + " exists", RELATION + " and c.relkind in ('r', 'p')", parts(table));
  }

  /** No table, view, index or sequence of that name. */
  public static Fact noRelation(TableName relation) {
    return absent("nothing is called " + relation, RELATION, parts(relation));
  }

  public static Fact column(TableName table, String column) {
    return of("table " + table + " has column " + column, COLUMN, parts(table, column));
  }

  public static Fact noColumn(TableName table, String column) {
    return absent("table " + table + " has no column " + column, COLUMN, parts(table, column));
  }

  public static Fact notNull(TableName table, String column) {
    return of(
        "column " + column + " of " + table + " is not null",
        COLUMN + " and a.attnotnull",
        parts(table, column));
  }

  public static Fact nullable(TableName table, String column) {
    return of(
        "column " + column + " of " + table + " may be null",
        COLUMN + " and not a.attnotnull",
        parts(table, column));
  }

  /** There, and perhaps not checked yet for the rows that were there before it. */
  public static Fact constraint(TableName table, String name) {
    return of("table " + table + " has constraint " + name, CONSTRAINT, parts(table, name));
  }

  public static Fact validated(TableName table, String name) {
    return of(
        "constraint " + name + " of " + table + " holds for all rows",
        CONSTRAINT + " and k.convalidated",
        parts(table, name));
  }

  public static Fact noConstraint(TableName table, String name) {
    return absent("table " + table + " has no constraint " + name, CONSTRAINT, parts(table, name));
  }

  public static Fact primaryKey(TableName table) {
    return of(
        "table " + table + " has a primary key",
        "select from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n"
            + " on n.oid = c.relnamespace where n.nspname = ? and c.relname = ? and k.contype = 'p'",
        parts(table));
  }

  /** On that table, complete, and kept by every write. */
  public static Fact validIndex(TableName table, String name) {
    return of(
        "index " + name + " of " + table + " is valid",
        "select from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c"
            + " on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace"
            + " where n.nspname = ? and c.relname = ? and i.relname = ?"
            + " and x.indisvalid and x.indisready and x.indislive",
        parts(table, name));
  }

  private static Fact absent(String says, String query, String... values) {
    return of(says, "select where not exists (" + query + ")", values);
  }

  private static String[] parts(TableName table) {
    return new String[] {table.schema(), table.name()};
  }

  private static String[] parts(TableName table, String name) {
    return new String[] {table.schema(), table.name(), name};
  }

  boolean holds(Connection c) throws SQLException {
    return Sql.any(c, query, values.toArray());
  }

  static boolean all(Connection c, List<Fact> facts) throws SQLException {
    for (Fact fact : facts) {
      if (!fact.holds(c)) {
        return false;
      }
    }
    return true;
  }
}
