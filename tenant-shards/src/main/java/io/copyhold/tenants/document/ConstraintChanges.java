package io.copyhold.tenants.document;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Constraints created, dropped, renamed. */
final class ConstraintChanges {
  private ConstraintChanges() {}

  static void create(Trial trial, Change.CreateConstraint change) {
    Table table = trial.table(change.table());
    if (table == null) {
      return;
    }
    String object = table.name() + "." + change.name();
    Constraint constraint = change.constraint();
    if (constraint.type() == Constraint.Type.EXCLUDE) {
      trial.refuse(
          object,
          "exclude-later",
          "an exclusion can only be added under a lock that stops readers and writers",
          "define it when the table is created, or move the rows to a new table that has it");
      return;
    }
    expressions(trial, table, object, "up", change.up());
    expressions(trial, table, object, "down", change.down());
    if (constraint.type() == Constraint.Type.PRIMARY_KEY) {
      for (String name : constraint.columns()) {
        Optional<Table.Field> field = table.column(name);
        if (field.isPresent() && field.get().nullable() && !change.up().containsKey(name)) {
          trial.refuse(
              table.name() + "." + name,
              "not-null-without-up",
              "a primary key makes it NOT NULL, and rows may hold nulls",
              "give an up for " + name);
        }
      }
    }
    add(trial, table.name(), constraint);
  }

  private static void expressions(
      Trial trial, Table table, String object, String field, Map<String, String> byColumn) {
    byColumn.forEach((column, sql) -> {
      trial.column(table, column);
      trial.tenantColumn(table, column);
      trial.expression(object, field + "/" + column, sql);
    });
  }

  /** Adds a constraint to a table that is there, or says why not. */
  static void add(Trial trial, String tableName, Constraint constraint) {
    Table table = trial.shape.table(tableName).orElseThrow();
    String object = tableName + "." + constraint.name();
    int had = trial.refused();
    if (constraint.type() == Constraint.Type.PRIMARY_KEY && table.primaryKey().isPresent()) {
      trial.refuse(
          object,
          "primary-key-exists",
          "the table has the primary key " + table.primaryKey().get().name(),
          "drop it in an operation before, or add a unique constraint instead");
      return;
    }
    named(trial, table, object, constraint.name(), constraint.type());
    constraint.columns().forEach(column -> trial.column(table, column));
    if (new HashSet<>(constraint.columns()).size() < constraint.columns().size()) {
      trial.refuse(object, "column-twice", "it names a column twice", "name each column once");
    }
    if (constraint.initiallyDeferred() && !constraint.deferrable()) {
      trial.refuse(
          object,
          "deferred-form",
          "only a deferrable constraint is deferred initially",
          "add deferrable: true");
    }
    if (constraint.columns().isEmpty()
        && constraint.type() != Constraint.Type.CHECK
        && constraint.type() != Constraint.Type.EXCLUDE) {
      trial.refuse(object, "columns-missing", "it has no columns", "name at least one");
    }
    parameters(trial, table, object, constraint.indexParameters());
    Constraint whole = trial.refused() > had ? null : whole(trial, table, object, constraint);
    if (whole == null || trial.refused() > had) {
      return;
    }
    Table changed = table;
    if (whole.type() == Constraint.Type.PRIMARY_KEY) {
      for (String column : whole.columns()) {
        changed = changed.field(column, field -> field.nullable(false));
      }
    }
    List<Table.Rule> rules = new ArrayList<>(changed.constraints());
    rules.add(new Table.Rule(whole, true));
    trial.shape = trial.shape.with(changed.rules(rules));
  }

  private static @Nullable Constraint whole(
      Trial trial, Table table, String object, Constraint constraint) {
    return switch (constraint.type()) {
      case PRIMARY_KEY, UNIQUE -> constraint.over(trial.shape.keyed(table, constraint.columns()));
      case CHECK -> check(trial, table, object, constraint);
      case FOREIGN_KEY -> ForeignKeys.whole(trial, table, object, constraint);
      case EXCLUDE -> exclude(trial, table, object, constraint);
    };
  }

  private static @Nullable Constraint check(
      Trial trial, Table table, String object, Constraint constraint) {
    String condition = constraint.check();
    if (condition == null) {
      trial.refuse(object, "check-missing", "a check needs a condition", "write it as check");
      return null;
    }
    if (!trial.expression(object, "check", condition)) {
      return null;
    }
    List<String> columns =
        table.columnNames().stream().filter(name -> SqlText.mentions(condition, name)).toList();
    return constraint.over(columns.isEmpty() ? constraint.columns() : columns);
  }

  private static @Nullable Constraint exclude(
      Trial trial, Table table, String object, Constraint constraint) {
    Constraint.Exclude exclude = constraint.exclude();
    if (exclude == null) {
      trial.refuse(object, "exclude-missing", "an exclusion needs elements", "write exclude");
      return null;
    }
    trial.list(object, "elements", exclude.elements());
    if (exclude.indexMethod() != null && !exclude.indexMethod().matches("[a-z_]+")) {
      trial.refuse(
          object,
          "index-method",
          "'" + exclude.indexMethod() + "' is no access method",
          "write gist or spgist, or leave it out");
    }
    trial.expression(object, "predicate", exclude.predicate());
    String tenant = trial.shape.tenantColumn();
    if (tenant != null
        && table.kind() == Table.Kind.TENANT
        && !SqlText.mentions(exclude.elements(), tenant)) {
      trial.refuse(
          object,
          "key-without-tenant",
          "in a pool it would hold rows of one tenant against rows of another",
          "add '" + tenant + " WITH =' to its elements (extension btree_gist)");
    }
    return constraint.over(
        table.columnNames().stream()
            .filter(name -> SqlText.mentions(exclude.elements(), name))
            .toList());
  }

  private static void parameters(
      Trial trial, Table table, String object, Constraint.@Nullable IndexParameters parameters) {
    if (parameters != null) {
      IndexChanges.storage(trial, object, parameters.storageParameters());
      parameters.includeColumns().forEach(column -> trial.column(table, column));
    }
  }

  private static void named(
      Trial trial, Table table, String object, String name, Constraint.Type type) {
    if (table.constraint(name).isPresent()) {
      trial.refuse(
          object,
          "constraint-exists",
          "the table has a constraint of that name",
          "choose another name, or drop that one in an operation before");
    } else if (type.indexed()) {
      trial.relationName(object, name);
    } else {
      trial.name(object, name);
    }
  }

  static void drop(Trial trial, Change.DropConstraint change) {
    Table table = trial.table(change.table());
    Constraint constraint = table == null ? null : constraint(trial, table, change.name());
    String object = change.table() + "." + change.name();
    trial.expression(object, "up", change.up());
    trial.expression(object, "down", change.down());
    if (table == null || constraint == null) {
      return;
    }
    List<String> columns = own(trial, constraint);
    if (columns.size() != 1) {
      trial.refuse(
          object,
          "constraint-columns",
          "it is over " + columns.size() + " columns, this operation is for one",
          "use drop_multicolumn_constraint, with an up and a down for each column");
    } else if (change.down() == null) {
      trial.refuse(
          object,
          "constraint-without-down",
          "the old version keeps it, and rows of the new version may break it",
          "give a down: the value of " + columns.getFirst() + " that keeps it");
    }
    remove(trial, table, object, constraint);
  }

  static void drop(Trial trial, Change.DropMulticolumnConstraint change) {
    Table table = trial.table(change.table());
    Constraint constraint = table == null ? null : constraint(trial, table, change.name());
    if (table == null || constraint == null) {
      return;
    }
    String object = change.table() + "." + change.name();
    expressions(trial, table, object, "up", change.up());
    expressions(trial, table, object, "down", change.down());
    for (String column : own(trial, constraint)) {
      if (!change.down().containsKey(column)) {
        trial.refuse(
            object,
            "constraint-without-down",
            "the old version keeps it, and rows of the new version may break it",
            "give a down for " + column + ": the value that keeps it");
      }
    }
    remove(trial, table, object, constraint);
  }

  private static List<String> own(Trial trial, Constraint constraint) {
    return constraint.columns().stream()
        .filter(column -> !column.equals(trial.shape.tenantColumn()))
        .toList();
  }

  private static @Nullable Constraint constraint(Trial trial, Table table, String name) {
    Optional<Table.Rule> rule = table.constraint(name);
    if (rule.isEmpty()) {
      trial.refuse(
          table.name() + "." + name,
          "constraint-absent",
          table.index(name).isPresent()
              ? "it is an index, not a constraint"
              : "the table has no constraint of that name",
          table.index(name).isPresent()
              ? "use drop_index"
              : "name one that is there: "
                  + String.join(", ", table.constraints().stream().map(Table.Rule::name).toList()));
    }
    return rule.map(Table.Rule::constraint).orElse(null);
  }

  private static void remove(Trial trial, Table table, String object, Constraint constraint) {
    if (constraint.type().key()) {
      for (String other : Uses.footing(trial.shape, table, constraint.columns())) {
        trial.refuse(
            object,
            "constraint-used",
            "the foreign key " + other + " refers to it",
            "drop that constraint in an operation before");
      }
    }
    if (constraint.type() == Constraint.Type.PRIMARY_KEY
        && table.replicaIdentity().type() == ReplicaIdentity.Type.DEFAULT) {
      trial.refuse(
          object,
          "identity-lost",
          "it is the replica identity: without it, updates fail while the table is published",
          "set the replica identity to full or to an index in an operation before");
    }
    if (constraint.name().equals(table.replicaIdentity().index())) {
      trial.refuse(
          object,
          "identity-lost",
          "its index is the replica identity",
          "set another replica identity in an operation before");
    }
    trial.shape =
        trial.shape.with(
            table.rules(
                table.constraints().stream()
                    .filter(rule -> !rule.name().equals(constraint.name()))
                    .toList()));
  }

  static void rename(Trial trial, Change.RenameConstraint change) {
    Table table = trial.table(change.table());
    Constraint constraint = table == null ? null : constraint(trial, table, change.from());
    if (table == null || constraint == null) {
      return;
    }
    int had = trial.refused();
    String object = table.name() + "." + change.from();
    named(trial, table, object, change.to(), constraint.type());
    if (trial.refused() > had) {
      return;
    }
    Table renamed =
        table.constraints(rule ->
            rule.name().equals(change.from()) ? rule.with(constraint.named(change.to())) : rule);
    trial.shape =
        trial.shape.with(
            change.from().equals(table.replicaIdentity().index())
                ? renamed.identity(new ReplicaIdentity(ReplicaIdentity.Type.INDEX, change.to()))
                : renamed);
  }
}
