package io.copyhold.tenants.document;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/** A column moved between tables, and columns made a table of their own. */
final class RelationChanges {
  private RelationChanges() {}

  static void move(Trial trial, Change.MoveColumn change) {
    Table from = trial.table(change.table());
    Table to = trial.table(change.toTable());
    Table.Field field = from == null ? null : trial.column(from, change.column());
    String object = change.table() + "." + change.column();
    trial.expression(object, "up", change.up());
    trial.expression(object, "down", change.down());
    if (from == null || to == null || field == null || trial.tenantColumn(from, field.name())) {
      return;
    }
    int had = trial.refused();
    if (from.name().equals(to.name())) {
      trial.refuse(object, "move-same-table", "it is in that table", "use rename_column");
      return;
    }
    if (from.kind() != to.kind()) {
      trial.refuse(
          object,
          "move-class",
          "a column of a " + from.kind() + " table cannot go to a " + to.kind() + " table",
          "choose a table of the same kind");
    }
    trial.name(object, change.target());
    trial.tenantColumn(to, change.target());
    if (to.column(change.target()).isPresent()) {
      trial.refuse(
          object,
          "column-exists",
          to.name() + " has a column " + change.target() + " already",
          "choose another to_column");
    }
    stays(trial, object, field);
    join(trial, from, to, object, change);
    if (trial.refused() > had) {
      return;
    }
    Table.Field moved =
        new Table.Field(
            change.target(), field.type(), true, field.defaultValue(), null, null, field.comment());
    List<Table.Field> fields = new ArrayList<>(to.columns());
    fields.add(moved);
    trial.shape = trial.shape.with(to.columns(fields));
    ColumnChanges.remove(trial, from, field.name());
  }

  /** Rows that the new version writes into the old table have no value for it at first. */
  private static void stays(Trial trial, String object, Table.Field field) {
    if (field.generated() != null || field.identity() != null) {
      trial.refuse(
          object, "move-generated", "the database makes its values there", "add a column instead");
    } else if (!field.optional()) {
      trial.refuse(
          object,
          "move-not-null",
          "it is NOT NULL without a default: rows that the new version writes have no value there "
              + "before their partner comes",
          "make it nullable or give it a default in a document before");
    }
  }

  private static void join(
      Trial trial, Table from, Table to, String object, Change.MoveColumn change) {
    if (change.join().isEmpty()) {
      trial.refuse(object, "join-empty", "nothing says how rows pair", "name columns in join");
      return;
    }
    change
        .join()
        .forEach((here, there) -> {
          Table.Field one = trial.column(from, here);
          Table.Field two = trial.column(to, there);
          if (one != null && two != null && !ForeignKeys.comparable(one.type(), two.type())) {
            trial.refuse(
                object,
                "join-type",
                here
                    + " is "
                    + one.type()
                    + ", and "
                    + to.name()
                    + "."
                    + there
                    + " is "
                    + two.type(),
                "pair columns of one type");
          }
        });
    List<String> here = new ArrayList<>(change.join().keySet());
    List<String> there = new ArrayList<>(change.join().values());
    boolean one = from.uniqueBy(trial.shape.keyed(from, here));
    boolean two = to.uniqueBy(trial.shape.keyed(to, there));
    if (!one && !two) {
      trial.refuse(
          object,
          "join-many",
          "rows pair many to many: neither side's columns hold a key",
          "join by a primary key or a unique constraint of one of the tables");
    }
    if (!one || !two) {
      trial.reverts(Reversal.LOSSY);
    }
  }

  static void extract(Trial trial, Change.ExtractTable change) {
    Table table = trial.table(change.table());
    boolean free = trial.relationName(change.to(), change.to());
    if (table == null || !free) {
      return;
    }
    int had = trial.refused();
    Optional<Constraint> key = table.primaryKey();
    List<String> columns = key.map(Constraint::columns).orElse(List.of());
    List<String> own =
        columns.stream().filter(name -> !name.equals(trial.shape.tenantColumn())).toList();
    if (key.isEmpty() || !Uses.same(own, List.copyOf(change.key().keySet()))) {
      trial.refuse(
          change.table(),
          "extract-key",
          key.isEmpty()
              ? "the table has no primary key to pair rows by"
              : "key names other columns than the primary key (" + String.join(", ", own) + ")",
          "name each column of the primary key, and what it is called in the new table");
      return;
    }
    List<Table.Field> fields = new ArrayList<>();
    String tenant = trial.shape.tenantColumn();
    if (tenant != null && table.kind() == Table.Kind.TENANT) {
      fields.add(Table.Field.of(tenant, "text", false));
    }
    for (String name : own) {
      String type = table.column(name).map(Table.Field::type).orElse("bigint");
      fields.add(Table.Field.of(change.key().getOrDefault(name, name), type, false));
    }
    change
        .columns()
        .forEach((name, other) -> {
          Table.Field field = trial.column(table, name);
          if (field != null && !trial.tenantColumn(table, name)) {
            stays(trial, table.name() + "." + name, field);
            fields.add(field.named(other));
          }
        });
    if (new HashSet<>(fields.stream().map(Table.Field::name).toList()).size() < fields.size()) {
      trial.refuse(
          change.to(),
          "column-exists",
          "two columns of the new table have one name",
          "give each column of key and columns a name of its own");
    }
    fields.forEach(field -> trial.name(change.to() + "." + field.name(), field.name()));
    if (trial.refused() > had) {
      return;
    }
    List<String> newKey = own.stream().map(name -> change.key().getOrDefault(name, name)).toList();
    Table made =
        new Table(
            change.to(), table.kind(), fields, List.of(), List.of(), ReplicaIdentity.DEFAULT, null);
    trial.shape = trial.shape.with(made);
    ConstraintChanges.add(trial, made.name(), Constraint.primaryKey(change.primaryKey(), newKey));
    ConstraintChanges.add(
        trial,
        made.name(),
        Constraint.foreignKey(
            change.reference(),
            newKey,
            new ForeignKey(
                table.name(),
                own,
                ForeignKey.Match.SIMPLE,
                ForeignKey.Action.CASCADE,
                ForeignKey.Action.CASCADE,
                List.of())));
    for (String name : change.columns().keySet()) {
      ColumnChanges.remove(trial, trial.shape.table(table.name()).orElse(table), name);
    }
  }
}
