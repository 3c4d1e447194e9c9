package io.copyhold.tenants.document;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a foreign key over several columns points, and what follows when the other row goes or
 * changes.
 *
 * @param columns of the other table, in the order of the constraint's own
 * @param onDeleteSetColumns the columns that SET NULL and SET DEFAULT touch; all where it is empty
 */
public record ForeignKey(
    String table,
    List<String> columns,
    Match matchType,
    Action onDelete,
    Action onUpdate,
    List<String> onDeleteSetColumns) {
  public ForeignKey {
    columns = columns == null ? List.of() : List.copyOf(columns);
    matchType = matchType == null ? Match.SIMPLE : matchType;
    onDelete = onDelete == null ? Action.NO_ACTION : onDelete;
    onUpdate = onUpdate == null ? Action.NO_ACTION : onUpdate;
    onDeleteSetColumns = onDeleteSetColumns == null ? List.of() : List.copyOf(onDeleteSetColumns);
  }

  /** A plain one: NO ACTION. */
  public static ForeignKey to(String table, List<String> columns) {
    return new ForeignKey(
        table, columns, Match.SIMPLE, Action.NO_ACTION, Action.NO_ACTION, List.of());
  }

  static ForeignKey of(Column.Reference reference) {
    return new ForeignKey(
        reference.table(),
        List.of(reference.column()),
        reference.matchType(),
        reference.onDelete(),
        reference.onUpdate(),
        List.of());
  }

  ForeignKey with(String otherTable, List<String> otherColumns, List<String> setColumns) {
    return new ForeignKey(otherTable, otherColumns, matchType, onDelete, onUpdate, setColumns);
  }

  /** What happens to the rows that refer. */
  public enum Action {
    NO_ACTION,
    RESTRICT,
    CASCADE,
    SET_NULL,
    SET_DEFAULT;

    /** As SQL writes it. */
    @Override
    public String toString() {
      return name().replace('_', ' ');
    }
  }

  /** How nulls among the columns count. */
  public enum Match {
    SIMPLE,
    FULL,
    /** Known to the standard, not to PostgreSQL. */
    PARTIAL
  }

  /** The action that an SQL word names, or null. */
  public static @Nullable Action action(String sql) {
    for (Action action : Action.values()) {
      if (action.toString().equalsIgnoreCase(sql)) {
        return action;
      }
    }
    return null;
  }
}
