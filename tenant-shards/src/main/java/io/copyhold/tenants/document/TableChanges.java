package io.copyhold.tenants.document;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Tables made, dropped, renamed. */
final class TableChanges {
  private TableChanges() {}

  static void create(Trial trial, Change.CreateTable change) {
    String name = change.name();
    trial.relationName(name, name);
    List<Table.Field> fields = new ArrayList<>();
    List<Table.Rule> none = List.of();
    String tenant = trial.shape.tenantColumn();
    if (tenant != null && change.kind() == Table.Kind.TENANT) {
      fields.add(Table.Field.of(tenant, "text", false));
    }
    Set<String> seen = new HashSet<>();
    List<String> key = new ArrayList<>();
    for (Column column : change.columns()) {
      if (!seen.add(column.name())) {
        trial.refuse(
            name + "." + column.name(),
            "column-exists",
            "the operation lists the column twice",
            "list it once");
      }
      ColumnChanges.defined(trial, name, column);
      fields.add(ColumnChanges.field(name, column));
      if (column.pk()) {
        key.add(column.name());
      }
    }
    Table table =
        new Table(
            name,
            change.kind(),
            fields,
            none,
            List.of(),
            ReplicaIdentity.DEFAULT,
            change.comment());
    if (trial.shape.taken(name)) {
      return;
    }
    trial.shape = trial.shape.with(table);
    if (!key.isEmpty()) {
      ConstraintChanges.add(trial, name, Constraint.primaryKey(Names.derived(name, "pkey"), key));
    }
    for (Constraint constraint : change.constraints()) {
      if (constraint.type() == Constraint.Type.PRIMARY_KEY && !key.isEmpty()) {
        trial.refuse(
            name + "." + constraint.name(),
            "primary-key-twice",
            "the primary key stands at columns (pk) and among the constraints",
            "keep one of the two");
      } else {
        ConstraintChanges.add(trial, name, constraint);
      }
    }
    change.columns().forEach(column -> ColumnChanges.constrain(trial, name, column));
  }

  static void drop(Trial trial, Change.DropTable change) {
    Table table = trial.table(change.name());
    if (table == null) {
      return;
    }
    for (Table other : trial.shape.tables().values()) {
      for (Table.Rule rule : other.constraints()) {
        ForeignKey key = rule.constraint().references();
        if (key != null && key.table().equals(table.name()) && !other.name().equals(table.name())) {
          trial.refuse(
              table.name(),
              "table-referenced",
              "the foreign key " + rule.name() + " of " + other.name() + " refers to it",
              "drop that constraint, or that table, in an operation before");
        }
      }
    }
    trial.shape = trial.shape.without(table.name());
  }

  static void rename(Trial trial, Change.RenameTable change) {
    Table table = trial.table(change.from());
    boolean free = trial.relationName(change.from(), change.to());
    if (table == null || !free) {
      return;
    }
    Table renamed =
        new Table(
            change.to(),
            table.kind(),
            table.columns(),
            table.constraints(),
            table.indexes(),
            table.replicaIdentity(),
            table.comment());
    trial.shape =
        trial
            .shape
            .without(change.from())
            .with(renamed)
            .each(t ->
                t.constraints(rule -> {
                  ForeignKey key = rule.constraint().references();
                  return key != null && key.table().equals(change.from())
                      ? rule.with(
                          rule.constraint()
                              .referring(
                                  key.with(change.to(), key.columns(), key.onDeleteSetColumns())))
                      : rule;
                }));
  }
}
