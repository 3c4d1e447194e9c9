package io.copyhold.tenants.document;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What hangs on what. */
final class Uses {
  private Uses() {}

  /** An index by name and columns, whoever carries it. */
  record By(String name, List<String> columns) {}

  static boolean column(Constraint constraint, String column) {
    Constraint.Exclude exclude = constraint.exclude();
    Constraint.IndexParameters parameters = constraint.indexParameters();
    ForeignKey key = constraint.references();
    return constraint.columns().contains(column)
        || constraint.check() != null && SqlText.mentions(constraint.check(), column)
        || exclude != null
            && (SqlText.mentions(exclude.elements(), column)
                || exclude.predicate() != null && SqlText.mentions(exclude.predicate(), column))
        || parameters != null && parameters.includeColumns().contains(column)
        || key != null && key.onDeleteSetColumns().contains(column);
  }

  static boolean column(Table.Index index, String column) {
    return index.columnNames().contains(column)
        || index.predicate() != null && SqlText.mentions(index.predicate(), column)
        || index.columns().isEmpty()
            && index.definition() != null
            && SqlText.mentions(index.definition(), column);
  }

  /**
   * Foreign keys of any table that refer to one of the columns: {@code orders.orders_user_fkey}.
   */
  static List<String> references(Shape shape, String table, List<String> columns) {
    return references(shape, table)
        .filter(r -> r.key().columns().stream().anyMatch(columns::contains))
        .map(r -> r.table() + "." + r.name())
        .toList();
  }

  /** Foreign keys that lose their footing when this key goes. */
  static List<String> footing(Shape shape, Table table, List<String> key) {
    List<List<String>> left = new java.util.ArrayList<>(table.keys());
    left.remove(key);
    return references(shape, table.name())
        .filter(r -> same(r.key().columns(), key))
        .filter(r -> left.stream().noneMatch(other -> same(other, key)))
        .map(r -> r.table() + "." + r.name())
        .toList();
  }

  static boolean same(List<String> one, List<String> other) {
    return one.size() == other.size() && Set.copyOf(one).equals(new HashSet<>(other));
  }

  record Reference(String table, String name, ForeignKey key) {}

  private static Stream<Reference> references(Shape shape, String table) {
    return shape.tables().values().stream()
        .flatMap(other ->
            other.constraints().stream()
                .flatMap(rule -> {
                  ForeignKey key = rule.constraint().references();
                  return key != null && key.table().equals(table)
                      ? Stream.of(new Reference(other.name(), rule.name(), key))
                      : Stream.empty();
                }));
  }

  /** The index that is the table's replica identity by name. */
  static Optional<By> identity(Table table) {
    String name = table.replicaIdentity().index();
    if (table.replicaIdentity().type() != ReplicaIdentity.Type.INDEX || name == null) {
      return Optional.empty();
    }
    return table
        .index(name)
        .map(index -> new By(name, index.columnNames()))
        .or(() -> table.constraint(name).map(rule -> new By(name, rule.constraint().columns())));
  }
}
