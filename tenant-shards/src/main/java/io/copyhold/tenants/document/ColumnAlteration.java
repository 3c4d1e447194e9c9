package io.copyhold.tenants.document;

import java.util.List;
import java.util.Objects;

/** Several properties of one column changed at once. */
final class ColumnAlteration {
  private ColumnAlteration() {}

  static void alter(Trial trial, Change.AlterColumn change) {
    Table table = trial.table(change.table());
    Table.Field field = table == null ? null : trial.column(table, change.column());
    String object = change.table() + "." + change.column();
    trial.expression(object, "up", change.up());
    trial.expression(object, "down", change.down());
    if (table == null || field == null || trial.tenantColumn(table, field.name())) {
      return;
    }
    if (nothing(change, field)) {
      trial.refuse(
          object,
          "alter-nothing",
          "the column is that way already",
          "change name, type, nullable, default, comment, check, unique or references, or leave the "
              + "operation out");
      return;
    }
    field = typed(trial, table, field, object, change);
    field = nulled(trial, table, field, object, change);
    field = defaulted(trial, field, object, change);
    Table.Field changed =
        change.comment() == null
            ? field
            : new Table.Field(
                field.name(),
                field.type(),
                field.nullable(),
                field.defaultValue(),
                field.identity(),
                field.generated(),
                change.comment().text());
    trial.shape = trial.shape.with(table.field(field.name(), _ -> changed));
    types(trial, table, changed, object);
    if (change.check() != null) {
      ConstraintChanges.add(trial, table.name(), Constraint.of(change.check(), field.name()));
    }
    if (change.unique() != null) {
      ConstraintChanges.add(
          trial, table.name(), Constraint.unique(change.unique().name(), List.of(field.name())));
    }
    if (change.references() != null) {
      ConstraintChanges.add(trial, table.name(), Constraint.of(change.references(), field.name()));
    }
    if (change.name() != null && !change.name().equals(field.name())) {
      ColumnChanges.rename(
          trial, trial.shape.table(table.name()).orElse(table), field.name(), change.name());
    }
  }

  private static boolean nothing(Change.AlterColumn change, Table.Field field) {
    return (change.name() == null || change.name().equals(field.name()))
        && (change.type() == null || Types.canonical(change.type()).equals(field.type()))
        && (change.nullable() == null || change.nullable() == field.nullable())
        && (change.defaultValue() == null
            || Objects.equals(change.defaultValue().text(), field.defaultValue()))
        && (change.comment() == null || Objects.equals(change.comment().text(), field.comment()))
        && change.check() == null
        && change.unique() == null
        && change.references() == null;
  }

  private static Table.Field typed(
      Trial trial, Table table, Table.Field field, String object, Change.AlterColumn change) {
    if (change.type() == null || Types.canonical(change.type()).equals(field.type())) {
      return field;
    }
    trial.type(object, change.type());
    if (field.generated() != null) {
      trial.refuse(
          object,
          "generated-altered",
          "it is computed, and no up or down can write it",
          "add a new column with the other type, and drop this one");
    }
    for (Table.Field other : table.columns()) {
      if (other.generated() != null && SqlText.mentions(other.generated(), field.name())) {
        trial.refuse(
            object,
            "column-used",
            "the column " + other.name() + " is computed from it",
            "drop that column in an operation before");
      }
    }
    if (Types.serial(change.type())) {
      trial.refuse(
          object,
          "type-serial",
          change.type() + " is no type but a short word for a new column",
          "write " + Types.canonical(change.type()));
    }
    if (change.up() == null || change.down() == null) {
      trial.refuse(
          object,
          "type-without-up",
          "from "
              + field.type()
              + " to "
              + Types.canonical(change.type())
              + " each version needs to know the other's value",
          "give "
              + (change.up() == null ? "an up" : "")
              + (change.up() == null && change.down() == null ? " and " : "")
              + (change.down() == null ? "a down" : "")
              + ", such as CAST("
              + field.name()
              + " AS …)");
    }
    return new Table.Field(
        field.name(),
        change.type(),
        field.nullable(),
        field.defaultValue(),
        field.identity(),
        field.generated(),
        field.comment());
  }

  private static Table.Field nulled(
      Trial trial, Table table, Table.Field field, String object, Change.AlterColumn change) {
    Boolean nullable = change.nullable();
    if (nullable == null || nullable == field.nullable()) {
      return field;
    }
    if (!nullable && change.up() == null) {
      trial.refuse(
          object,
          "not-null-without-up",
          "rows may hold nulls, and the old version may write more",
          "give an up, such as COALESCE(" + field.name() + ", …)");
    }
    if (nullable && change.down() == null) {
      trial.refuse(
          object,
          "nullable-without-down",
          "the old version never sees a null there, and the new one may write it",
          "give a down, such as COALESCE(" + field.name() + ", …)");
    }
    if (nullable
        && (field.identity() != null
            || table.primaryKey().filter(k -> k.columns().contains(field.name())).isPresent())) {
      trial.refuse(
          object,
          "primary-key-nullable",
          "a primary key and an identity are never null",
          "drop the primary key first");
    }
    return field.nullable(nullable);
  }

  private static Table.Field defaulted(
      Trial trial, Table.Field field, String object, Change.AlterColumn change) {
    Change.Value value = change.defaultValue();
    if (value == null) {
      return field;
    }
    trial.expression(object, "default", value.text());
    if (value.text() != null && (field.generated() != null || field.identity() != null)) {
      trial.refuse(
          object,
          "generated-default",
          "a column whose values the database makes has no default",
          "leave out the default");
    }
    return new Table.Field(
        field.name(),
        field.type(),
        field.nullable(),
        value.text(),
        field.identity(),
        field.generated(),
        field.comment());
  }

  /** A foreign key compares both sides still. */
  private static void types(Trial trial, Table table, Table.Field field, String object) {
    for (Table other : trial.shape.tables().values()) {
      for (Table.Rule rule : other.constraints()) {
        Constraint constraint = rule.constraint();
        ForeignKey key = constraint.references();
        if (key == null) {
          continue;
        }
        for (int i = 0; i < Math.min(key.columns().size(), constraint.columns().size()); i++) {
          boolean here =
              other.name().equals(table.name()) && constraint.columns().get(i).equals(field.name());
          boolean there =
              key.table().equals(table.name()) && key.columns().get(i).equals(field.name());
          String one =
              trial
                  .shape
                  .column(other.name(), constraint.columns().get(i))
                  .map(Table.Field::type)
                  .orElse("");
          String two =
              trial
                  .shape
                  .column(key.table(), key.columns().get(i))
                  .map(Table.Field::type)
                  .orElse("");
          if ((here || there) && !ForeignKeys.comparable(one, two)) {
            trial.refuse(
                object,
                "references-type",
                "the foreign key "
                    + other.name()
                    + "."
                    + rule.name()
                    + " would compare "
                    + one
                    + " with "
                    + two,
                "drop that constraint in an operation before");
          }
        }
      }
    }
  }
}
