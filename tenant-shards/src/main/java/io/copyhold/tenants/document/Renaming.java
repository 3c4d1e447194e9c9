package io.copyhold.tenants.document;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Another name for a column, wherever it stands. */
final class Renaming {
  private Renaming() {}

  /** In its own table. */
  static Table column(Table table, String from, String to) {
    return table
        .columns(
            table.columns().stream()
                .map(f ->
                    new Table.Field(
                        f.name().equals(from) ? to : f.name(),
                        f.type(),
                        f.nullable(),
                        f.defaultValue(),
                        f.identity(),
                        text(f.generated(), from, to),
                        f.comment()))
                .toList())
        .constraints(rule -> rule.with(constraint(rule.constraint(), from, to)))
        .indexes(table.indexes().stream().map(i -> index(i, from, to)).toList());
  }

  /** In the foreign keys of any table that refer to it. */
  static Table references(Table table, String other, String from, String to) {
    return table.constraints(rule -> {
      ForeignKey key = rule.constraint().references();
      return key != null && key.table().equals(other)
          ? rule.with(
              rule.constraint()
                  .referring(
                      key.with(
                          key.table(), names(key.columns(), from, to), key.onDeleteSetColumns())))
          : rule;
    });
  }

  private static Constraint constraint(Constraint c, String from, String to) {
    Constraint.Exclude e = c.exclude();
    Constraint.IndexParameters p = c.indexParameters();
    ForeignKey key = c.references();
    return c.copy(
        c.name(),
        names(c.columns(), from, to),
        text(c.check(), from, to),
        key == null
            ? null
            : key.with(key.table(), key.columns(), names(key.onDeleteSetColumns(), from, to)),
        e == null
            ? null
            : new Constraint.Exclude(
                e.indexMethod(),
                SqlText.renamed(e.elements(), from, to),
                text(e.predicate(), from, to)),
        p == null
            ? null
            : new Constraint.IndexParameters(
                p.tablespace(), p.storageParameters(), names(p.includeColumns(), from, to)));
  }

  private static Table.Index index(Table.Index i, String from, String to) {
    return new Table.Index(
        i.name(),
        i.columns().stream().map(f -> f.column().equals(from) ? f.named(to) : f).toList(),
        i.unique(),
        i.method(),
        text(i.predicate(), from, to),
        i.storageParameters(),
        i.valid(),
        text(i.definition(), from, to));
  }

  private static List<String> names(List<String> names, String from, String to) {
    return names.stream().map(name -> name.equals(from) ? to : name).toList();
  }

  private static @Nullable String text(@Nullable String sql, String from, String to) {
    return sql == null ? null : SqlText.renamed(sql, from, to);
  }
}
