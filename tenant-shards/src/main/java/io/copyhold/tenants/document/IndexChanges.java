package io.copyhold.tenants.document;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Indexes created and dropped, and the replica identity, which may be one. */
final class IndexChanges {
  private static final Pattern PARAMETER = Pattern.compile("[a-z_]+\\s*=\\s*[a-zA-Z0-9_.]+");

  private IndexChanges() {}

  static void create(Trial trial, Change.CreateIndex change) {
    Table table = trial.table(change.table());
    if (table == null) {
      return;
    }
    String object = table.name() + "." + change.name();
    int had = trial.refused();
    trial.relationName(object, change.name());
    trial.expression(object, "predicate", change.predicate());
    storage(trial, object, change.storageParameters());
    boolean btree = change.method() == IndexField.Method.BTREE;
    for (IndexField field : change.columns()) {
      trial.column(table, field.column());
      if (!btree && (field.sort() != null || field.nulls() != null)) {
        trial.refuse(
            object,
            "index-order",
            "an index of the method " + change.method() + " has no order",
            "leave out sort and nulls, or choose btree");
      }
      if (field.opclass() != null) {
        field.opclass().params().stream()
            .filter(parameter -> !PARAMETER.matcher(parameter).matches())
            .forEach(parameter -> form(trial, object, parameter));
      }
    }
    if (change.unique() && !btree) {
      trial.refuse(
          object,
          "index-unique-method",
          "only a btree is unique, not " + change.method(),
          "choose btree, or leave out unique");
    }
    if (change.method() == IndexField.Method.HASH && change.columns().size() > 1) {
      trial.refuse(object, "index-hash", "a hash index has one column", "choose btree");
    }
    if (trial.refused() > had) {
      return;
    }
    List<IndexField> fields = change.columns();
    String tenant = trial.shape.tenantColumn();
    List<String> names = fields.stream().map(IndexField::column).toList();
    if (change.unique()
        && tenant != null
        && trial.shape.keyed(table, names).size() > names.size()) {
      fields = Stream.concat(Stream.of(IndexField.of(tenant)), fields.stream()).toList();
    }
    List<Table.Index> indexes = new ArrayList<>(table.indexes());
    indexes.add(
        new Table.Index(
            change.name(),
            fields,
            change.unique(),
            change.method(),
            change.predicate(),
            change.storageParameters(),
            true,
            null));
    trial.shape = trial.shape.with(table.indexes(indexes));
  }

  static void storage(Trial trial, String object, @Nullable String parameters) {
    if (parameters == null) {
      return;
    }
    for (String parameter : parameters.split(",", -1)) {
      if (!PARAMETER.matcher(parameter.strip()).matches()) {
        form(trial, object, parameter.strip());
        return;
      }
    }
  }

  private static void form(Trial trial, String object, String parameter) {
    trial.refuse(
        object,
        "parameter-form",
        "'" + parameter + "' is not name=value",
        "write it like fillfactor=70, deduplicate_items=off");
  }

  static void drop(Trial trial, Change.DropIndex change) {
    Optional<Table> found = trial.shape.tableOfIndex(change.name());
    if (found.isEmpty()) {
      Optional<Table> owner =
          trial.shape.tables().values().stream()
              .filter(t -> t.constraint(change.name()).isPresent())
              .findFirst();
      trial.refuse(
          change.name(),
          "index-absent",
          owner.isPresent()
              ? "a constraint of " + owner.get().name() + " carries it"
              : "there is no index of that name",
          owner.isPresent() ? "use drop_constraint" : "name an index that is there");
      return;
    }
    Table table = found.get();
    Table.Index index = table.index(change.name()).orElseThrow();
    if (change.name().equals(table.replicaIdentity().index())) {
      trial.refuse(
          table.name() + "." + change.name(),
          "identity-lost",
          "it is the replica identity",
          "set another replica identity in an operation before");
    }
    if (index.unique() && index.predicate() == null) {
      for (String other : Uses.footing(trial.shape, table, index.columnNames())) {
        trial.refuse(
            table.name() + "." + change.name(),
            "index-used",
            "the foreign key " + other + " refers to it",
            "drop that constraint in an operation before");
      }
    }
    trial.shape =
        trial.shape.with(
            table.indexes(table.indexes().stream().filter(i -> !i.equals(index)).toList()));
  }

  static void identify(Trial trial, Change.SetReplicaIdentity change) {
    Table table = trial.table(change.table());
    if (table == null) {
      return;
    }
    ReplicaIdentity identity = change.identity();
    if (identity.type() != ReplicaIdentity.Type.INDEX) {
      trial.shape = trial.shape.with(table.identity(new ReplicaIdentity(identity.type(), null)));
      return;
    }
    String name = identity.index() == null ? "" : identity.index();
    String object = table.name() + "." + name;
    Optional<String> flaw = flaw(trial, table, name);
    flaw.ifPresent(why ->
        trial.refuse(
            object,
            "identity-index",
            why,
            "name a valid, unique, full index over NOT NULL columns that is not deferrable"));
    if (flaw.isEmpty()) {
      trial.shape = trial.shape.with(table.identity(identity));
    }
  }

  private static Optional<String> flaw(Trial trial, Table table, String name) {
    Optional<Table.Index> index = table.index(name);
    Optional<Constraint> key =
        table.constraint(name).map(Table.Rule::constraint).filter(c -> c.type().key());
    if (index.isEmpty() && key.isEmpty()) {
      return Optional.of("the table has no unique index '" + name + "'");
    }
    if (index.isPresent()
        && (!index.get().unique() || index.get().predicate() != null || !index.get().valid())) {
      return Optional.of("the index is not unique, not full or not valid");
    }
    if (key.isPresent() && key.get().deferrable()) {
      return Optional.of("the constraint is deferrable");
    }
    List<String> columns =
        index.map(Table.Index::columnNames).orElseGet(() -> key.orElseThrow().columns());
    String tenant = trial.shape.tenantColumn();
    if (tenant != null && table.kind() == Table.Kind.TENANT && !columns.contains(tenant)) {
      return Optional.of("it lacks " + tenant + ", by which a pool's feed is filtered");
    }
    return columns.stream()
        .filter(column -> table.column(column).map(Table.Field::nullable).orElse(true))
        .findFirst()
        .map(column -> "its column " + column + " may be null");
  }
}
