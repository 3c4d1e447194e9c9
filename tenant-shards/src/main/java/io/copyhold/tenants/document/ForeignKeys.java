package io.copyhold.tenants.document;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether a foreign key can stand, and what it becomes where a tenant column goes with it. */
final class ForeignKeys {
  private ForeignKeys() {}

  static @Nullable Constraint whole(
      Trial trial, Table table, String object, Constraint constraint) {
    ForeignKey key = constraint.references();
    if (key == null) {
      trial.refuse(
          object, "references-missing", "a foreign key refers to nothing", "add references");
      return null;
    }
    Table other = trial.table(key.table());
    if (other == null || !columns(trial, table, other, object, constraint, key)) {
      return null;
    }
    actions(trial, table, object, constraint, key);
    return trial.shape.tenantColumn() == null
        ? footed(trial, other, object, constraint, key)
        : pooled(trial, table, other, object, constraint, key);
  }

  private static boolean columns(
      Trial trial, Table table, Table other, String object, Constraint constraint, ForeignKey key) {
    int had = trial.refused();
    if (key.columns().size() != constraint.columns().size()) {
      trial.refuse(
          object,
          "references-columns",
          constraint.columns().size() + " columns refer to " + key.columns().size(),
          "name as many columns of " + key.table() + ", in the same order");
      return false;
    }
    for (int i = 0; i < key.columns().size(); i++) {
      Table.Field there = trial.column(other, key.columns().get(i));
      Optional<Table.Field> here = table.column(constraint.columns().get(i));
      if (there != null && here.isPresent() && !comparable(here.get().type(), there.type())) {
        trial.refuse(
            object,
            "references-type",
            here.get().name()
                + " is "
                + here.get().type()
                + ", and "
                + other.name()
                + "."
                + there.name()
                + " is "
                + there.type(),
            "give both columns one type first (alter_column)");
      }
    }
    return trial.refused() == had;
  }

  static boolean comparable(String one, String other) {
    return Types.holds(one, other) || Types.holds(other, one) || text(one) && text(other);
  }

  private static boolean text(String type) {
    return type.equals("text") || type.startsWith("character") && !type.endsWith("[]");
  }

  private static void actions(
      Trial trial, Table table, String object, Constraint constraint, ForeignKey key) {
    if (key.matchType() == ForeignKey.Match.PARTIAL) {
      trial.refuse(
          object, "match-partial", "PostgreSQL does not do MATCH PARTIAL", "choose SIMPLE or FULL");
    }
    List<String> set =
        key.onDeleteSetColumns().isEmpty() ? constraint.columns() : key.onDeleteSetColumns();
    for (String column : set) {
      Optional<Table.Field> field = table.column(column);
      boolean nulls =
          key.onDelete() == ForeignKey.Action.SET_NULL
              || key.onUpdate() == ForeignKey.Action.SET_NULL;
      if (nulls && field.isPresent() && !field.get().nullable()) {
        trial.refuse(
            object,
            "set-null",
            "SET NULL can never work: " + column + " is NOT NULL",
            "make the column nullable first, or choose CASCADE or NO ACTION");
      }
    }
  }

  private static @Nullable Constraint footed(
      Trial trial, Table other, String object, Constraint constraint, ForeignKey key) {
    boolean deferred =
        other.constraints().stream()
            .map(Table.Rule::constraint)
            .anyMatch(
                c -> c.type().key() && c.deferrable() && Uses.same(c.columns(), key.columns()));
    if (deferred) {
      trial.refuse(
          object,
          "references-deferrable",
          "the key of " + other.name() + " that it refers to is deferrable",
          "refer to a key that is checked at once");
      return null;
    }
    if (other.keys().stream().noneMatch(unique -> Uses.same(unique, key.columns()))) {
      trial.refuse(
          object,
          "references-no-key",
          "no primary key and no unique constraint of "
              + other.name()
              + " is over exactly ("
              + String.join(", ", key.columns())
              + ")",
          "refer to a key, or create a unique constraint there in an operation before");
      return null;
    }
    return constraint;
  }

  private static @Nullable Constraint pooled(
      Trial trial, Table table, Table other, String object, Constraint constraint, ForeignKey key) {
    boolean fromTenant = table.kind() == Table.Kind.TENANT;
    if (other.kind() == Table.Kind.EXCLUDED && fromTenant
        || other.kind() == Table.Kind.TENANT && !fromTenant) {
      trial.refuse(
          object,
          "references-class",
          "a "
              + table.kind()
              + " table cannot refer to the "
              + other.kind()
              + " table "
              + other.name(),
          "refer from a tenant's table to a tenant's or a reference table");
      return null;
    }
    if (other.kind() != Table.Kind.TENANT) {
      return footed(trial, other, object, constraint, key);
    }
    List<String> here = trial.shape.keyed(table, constraint.columns());
    List<String> there =
        here.size() == constraint.columns().size()
            ? key.columns()
            : trial.shape.keyed(other, key.columns());
    boolean sets =
        key.onDelete() == ForeignKey.Action.SET_NULL
            || key.onDelete() == ForeignKey.Action.SET_DEFAULT;
    List<String> set =
        sets && key.onDeleteSetColumns().isEmpty()
            ? constraint.columns()
            : key.onDeleteSetColumns();
    ForeignKey whole = key.with(other.name(), there, set);
    return footed(trial, other, object, constraint.over(here).referring(whole), whole);
  }
}
