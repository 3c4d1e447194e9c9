package io.copyhold.tenants.document;

import java.util.Map;

/** Raw SQL, and new values for rows. */
final class RowChanges {
  private RowChanges() {}

  static void sql(Trial trial, Change.Sql change) {
    if (change.onComplete() && change.down() != null) {
      trial.refuse(
          "sql",
          "sql-down-on-complete",
          "what runs on completion is not taken back by a rollback, which comes before",
          "leave out down, or run it at the start");
    }
    if (trial.shape.tenantColumn() != null && change.pool() == null) {
      trial.refuse(
          "sql",
          "sql-without-pool",
          "the changelog serves pools, where statements see the rows of all tenants",
          "add pool: with the up (and down) to run there");
    }
    if (change.onComplete() || change.down() == null) {
      trial.reverts(Reversal.IMPOSSIBLE);
    }
    trial.opaque |= !change.alongside();
  }

  static void update(Trial trial, Change.Update change) {
    Table table = trial.table(change.table());
    if (table == null) {
      return;
    }
    String object = table.name();
    trial.expression(object, "where", change.where());
    columns(trial, table, "set", change.set());
    columns(trial, table, "down", change.down());
    for (String column : change.down().keySet()) {
      if (!change.set().containsKey(column)) {
        trial.refuse(
            object + "." + column,
            "update-down",
            "down takes back what set does not do",
            "leave it out, or set the column too");
      }
    }
    if (!change.down().keySet().containsAll(change.set().keySet())) {
      trial.reverts(Reversal.LOSSY);
    }
  }

  private static void columns(Trial trial, Table table, String field, Map<String, String> values) {
    values.forEach((name, sql) -> {
      String object = table.name() + "." + name;
      Table.Field column = trial.column(table, name);
      trial.tenantColumn(table, name);
      trial.expression(object, field, sql);
      if (column != null
          && (column.generated() != null
              || column.identity() != null
                  && column.identity().userSpecifiedValues() == Column.UserValues.ALWAYS)) {
        trial.refuse(
            object, "update-generated", "the database makes its values", "set another column");
      }
      if (table.primaryKey().filter(key -> key.columns().contains(name)).isPresent()) {
        trial.refuse(
            object,
            "update-key",
            "rows are worked through by this key, and a row with a new one could come up twice",
            "change keys with an alter_column that has up and down");
      }
    });
  }
}
