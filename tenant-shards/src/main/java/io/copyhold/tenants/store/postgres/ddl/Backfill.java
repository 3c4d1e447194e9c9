package io.copyhold.tenants.store.postgres.ddl;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.tenants.store.Script;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Values to be filled in for the rows that a table has when it begins. Rows that come or change
 * meanwhile are a trigger's business, or the condition's.
 *
 * @param name unique in the home; the ledger knows it by this
 * @param set at least one; expressions see the time zone UTC, unless the settings say otherwise
 * @param key columns of a unique, never null key, in whose order it goes; empty for one that is
 *     found. A table that has none is gone through by place, and needs a condition
 * @param pending true for a row that is still to be done, in terms of the table's columns, which
 *     also go by {@code t}; trusted text. With one, the table is gone through again until no row is
 *     left for which it is true
 * @param settings set for each chunk's transaction, such as the schema version that is spoken
 * @param skipMax rows with values that fail which may be skipped and listed; 0 stops at the first
 */
public record Backfill(
    String name,
    TableName table,
    List<Assignment> set,
    List<String> key,
    @Nullable String pending,
    List<Setting> settings,
    int skipMax) {

  /**
   * A column and its new value.
   *
   * @param expression in terms of the table's columns, which also go by {@code t}; trusted text
   */
  public record Assignment(String column, String expression) {}

  /** A setting of the server, or of ours. */
  public record Setting(String name, String value) {}

  public Backfill {
    set = List.copyOf(set);
    key = List.copyOf(key);
    settings = List.copyOf(settings);
    if (set.isEmpty() || name.isEmpty() || name.length() > 200 || skipMax < 0) {
      throw new IllegalArgumentException("not a backfill: " + name);
    }
  }

  /** One column of a table with a key, for all rows. */
  public static Backfill of(String name, TableName table, String column, String expression) {
    return new Backfill(
        name, table, List.of(new Assignment(column, expression)), List.of(), null, List.of(), 0);
  }

  public Backfill where(String condition) {
    return new Backfill(name, table, set, key, condition, settings, skipMax);
  }

  public Backfill by(String... columns) {
    return new Backfill(name, table, set, List.of(columns), pending, settings, skipMax);
  }

  public Backfill skipping(int rowsMax) {
    return new Backfill(name, table, set, key, pending, settings, rowsMax);
  }

  public Backfill setting(Setting... all) {
    return new Backfill(name, table, set, key, pending, List.of(all), skipMax);
  }

  String assignments() {
    return set.stream()
        .map(a -> quote(a.column()) + " = (" + a.expression() + ')')
        .collect(Collectors.joining(", "));
  }

  /** Another backfill under the same name has another; how many rows may be skipped may change. */
  String checksum() {
    return Script.checksum(table + "\n" + assignments() + "\n" + key + "\n" + pending);
  }
}
