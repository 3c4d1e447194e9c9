package io.copyhold.tenants.document;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Columns added, dropped, renamed. */
final class ColumnChanges {
  private static final Set<String> IDENTITY_TYPES = Set.of("smallint", "integer", "bigint");

  private ColumnChanges() {}

  static void add(Trial trial, Change.AddColumn change) {
    Table table = trial.table(change.table());
    Column column = change.column();
    String object = change.table() + "." + column.name();
    defined(trial, change.table(), column);
    trial.expression(object, "up", change.up());
    if (table == null) {
      return;
    }
    if (table.column(column.name()).isPresent()) {
      trial.refuse(
          object, "column-exists", "the table has a column of that name", "choose another name");
      return;
    }
    Table.Field field = field(change.table(), column);
    if (!field.optional() && change.up() == null) {
      trial.refuse(
          object,
          "not-null-without-up",
          "it is NOT NULL, and rows that are there and rows of the old version have no value for it",
          "give it an up or a default, or write nullable: true");
    }
    if (change.up() != null && column.generated() != null) {
      trial.refuse(
          object,
          "up-generated",
          "the database makes its values, an up cannot",
          "leave out the up");
    }
    trial.shape = trial.shape.with(table.columns(plus(table.columns(), field)));
    if (column.pk()) {
      ConstraintChanges.add(
          trial,
          table.name(),
          Constraint.primaryKey(Names.derived(table.name(), "pkey"), List.of(column.name())));
    }
    constrain(trial, table.name(), column);
  }

  static void drop(Trial trial, Change.DropColumn change) {
    Table table = trial.table(change.table());
    Table.Field field = table == null ? null : trial.column(table, change.column());
    trial.expression(change.table() + "." + change.column(), "down", change.down());
    if (table == null || field == null || trial.tenantColumn(table, field.name())) {
      return;
    }
    String object = table.name() + "." + field.name();
    if (field.generated() != null && change.down() != null) {
      trial.refuse(
          object,
          "up-generated",
          "the database makes its values, a down cannot",
          "leave out the down");
    } else if (change.down() == null && !field.optional()) {
      trial.refuse(
          object,
          "drop-without-down",
          "it is NOT NULL without a default: rows that the new version writes would have no value "
              + "for the old one",
          "give the operation a down, such as a constant or an expression over other columns");
    } else if (change.down() == null && field.generated() == null) {
      trial.reverts(Reversal.LOSSY);
    }
    remove(trial, table, field.name());
  }

  static void rename(Trial trial, Change.RenameColumn change) {
    Table table = trial.table(change.table());
    Table.Field field = table == null ? null : trial.column(table, change.from());
    if (table == null || field == null || trial.tenantColumn(table, field.name())) {
      return;
    }
    rename(trial, table, change.from(), change.to());
  }

  static void rename(Trial trial, Table table, String from, String to) {
    String object = table.name() + "." + from;
    if (!trial.name(object, to) || trial.tenantColumn(table, to)) {
      return;
    }
    if (table.column(to).isPresent()) {
      trial.refuse(
          object,
          "column-exists",
          "the table has a column " + to + " already",
          "choose another name, or drop or rename that column in an operation before");
      return;
    }
    trial.shape =
        trial.shape.each(t ->
            Renaming.references(
                t.name().equals(table.name()) ? Renaming.column(t, from, to) : t,
                table.name(),
                from,
                to));
  }

  /** Takes a column out with what concerns it alone; refuses where more hangs on it. */
  static void remove(Trial trial, Table table, String column) {
    String object = table.name() + "." + column;
    int had = trial.refused();
    if (table.columns().size() == 1) {
      trial.refuse(
          object, "column-last", "it is the table's only column", "drop the table instead");
    }
    for (Table.Rule rule : table.constraints()) {
      Constraint constraint = rule.constraint();
      if (Uses.column(constraint, column) && !alone(trial, table, constraint, column)) {
        trial.refuse(
            object,
            "column-used",
            "the "
                + constraint.type().toString().replace('_', ' ')
                + " "
                + rule.name()
                + " uses it",
            "drop that constraint in an operation before");
      }
    }
    for (Table.Index index : table.indexes()) {
      if (Uses.column(index, column) && !alone(trial, index, column)) {
        trial.refuse(
            object,
            "column-used",
            "the index " + index.name() + " uses it",
            "drop that index in an operation before");
      }
    }
    for (Table.Field other : table.columns()) {
      if (other.generated() != null
          && !other.name().equals(column)
          && SqlText.mentions(other.generated(), column)) {
        trial.refuse(
            object,
            "column-used",
            "the column " + other.name() + " is computed from it",
            "drop that column in an operation before");
      }
    }
    Uses.references(trial.shape, table.name(), List.of(column))
        .forEach(other ->
            trial.refuse(
                object,
                "column-used",
                "the foreign key " + other + " refers to it",
                "drop that constraint in an operation before"));
    Uses.identity(table)
        .filter(by -> by.columns().contains(column))
        .ifPresent(by ->
            trial.refuse(
                object,
                "column-used",
                "the replica identity is the index " + by.name() + ", which uses it",
                "set another replica identity in an operation before"));
    if (trial.refused() == had) {
      trial.shape =
          trial.shape.with(
              table
                  .columns(table.columns().stream().filter(f -> !f.name().equals(column)).toList())
                  .rules(
                      table.constraints().stream()
                          .filter(r -> !Uses.column(r.constraint(), column))
                          .toList())
                  .indexes(table.indexes().stream().filter(i -> !Uses.column(i, column)).toList()));
    }
  }

  private static boolean alone(Trial trial, Table table, Constraint constraint, String column) {
    List<String> columns = constraint.columns();
    boolean one =
        columns.equals(List.of(column))
            || columns.equals(trial.shape.keyed(table, List.of(column)));
    return one
        && constraint.type() != Constraint.Type.PRIMARY_KEY
        && (constraint.check() == null
            || table.columnNames().stream()
                .noneMatch(
                    other -> !other.equals(column) && SqlText.mentions(constraint.check(), other)));
  }

  private static boolean alone(Trial trial, Table.Index index, String column) {
    return index.columnNames().stream()
            .allMatch(name -> name.equals(column) || name.equals(trial.shape.tenantColumn()))
        && (index.predicate() == null || SqlText.columns(index.predicate()).equals(Set.of(column)))
        && index.columnNames().contains(column);
  }

  /** Whether what the column says of itself holds together. */
  static void defined(Trial trial, String table, Column column) {
    String object = table + "." + column.name();
    trial.name(object, column.name());
    trial.tenantColumn(table, column.name());
    trial.type(object, column.type());
    trial.expression(object, "default", column.defaultValue());
    Column.Generated generated = column.generated();
    if (column.pk() && column.nullable()) {
      trial.refuse(
          object, "primary-key-nullable", "a primary key is never null", "leave out nullable");
    }
    if (generated == null) {
      return;
    }
    Column.Identity identity = generated.identity();
    trial.expression(object, "generated.expression", generated.expression());
    if ((identity == null) == (generated.expression() == null)) {
      trial.refuse(
          object,
          "generated-form",
          "generated needs an expression or an identity, one of the two",
          "write one of them");
    }
    if (column.defaultValue() != null) {
      trial.refuse(
          object,
          "generated-default",
          "a column whose values the database makes has no default",
          "leave out the default");
    }
    if (identity != null && !IDENTITY_TYPES.contains(Types.canonical(column.type()))) {
      trial.refuse(
          object,
          "identity-type",
          "an identity is smallint, integer or bigint, not " + column.type(),
          "choose bigint");
    }
    if (identity != null && column.nullable()) {
      trial.refuse(object, "identity-nullable", "an identity is never null", "leave out nullable");
    }
    if (identity != null) {
      trial.expression(object, "sequence_options", identity.sequenceOptions());
    }
  }

  static Table.Field field(String table, Column column) {
    Column.Generated generated = column.generated();
    boolean serial = Types.serial(column.type());
    return new Table.Field(
        column.name(),
        column.type(),
        column.nullable() && !column.pk() && !serial,
        serial
            ? "nextval('" + Names.derived(table + "_" + column.name(), "seq") + "'::regclass)"
            : column.defaultValue(),
        generated == null ? null : generated.identity(),
        generated == null ? null : generated.expression(),
        column.comment());
  }

  /** The constraints that stand at the column itself. */
  static void constrain(Trial trial, String table, Column column) {
    String name = column.name();
    if (column.unique()) {
      ConstraintChanges.add(
          trial, table, Constraint.unique(Names.derived(table + "_" + name, "key"), List.of(name)));
    }
    if (column.check() != null) {
      ConstraintChanges.add(trial, table, Constraint.of(column.check(), name));
    }
    if (column.references() != null) {
      ConstraintChanges.add(trial, table, Constraint.of(column.references(), name));
    }
  }

  private static List<Table.Field> plus(List<Table.Field> fields, Table.@Nullable Field field) {
    return field == null
        ? fields
        : java.util.stream.Stream.concat(fields.stream(), java.util.stream.Stream.of(field))
            .toList();
  }
}
