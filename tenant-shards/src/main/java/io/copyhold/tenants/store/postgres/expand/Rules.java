package io.copyhold.tenants.store.postgres.expand;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.document.Constraint;
import io.copyhold.tenants.document.ForeignKey;
import io.copyhold.tenants.document.IndexField;
import io.copyhold.tenants.document.Table;
import java.util.List;
import java.util.stream.Collectors;

/** Constraints and indexes of one version as SQL over the base tables. */
final class Rules {
  private final String schema;
  private final Layout layout;

  Rules(String schema, Layout layout) {
    this.schema = schema;
    this.layout = layout;
  }

  /** What it means physically, without its name: two that mean the same are one. */
  String meaning(Table table, Constraint rule) {
    return rule.type() + " " + layout.place(table.name()).table() + " " + body(table, rule);
  }

  String meaning(Table table, Table.Index index) {
    return index(table, index);
  }

  /** What follows {@code ADD CONSTRAINT name}. */
  String body(Table table, Constraint rule) {
    Layout.Place place = layout.place(table.name());
    String body =
        switch (rule.type()) {
          case UNIQUE, PRIMARY_KEY ->
              (rule.type() == Constraint.Type.UNIQUE ? "unique " : "primary key ")
                  + (rule.nullsNotDistinct() ? "nulls not distinct " : "")
                  + columns(place, rule.columns())
                  + include(place, rule);
          case CHECK ->
              "check ("
                  + new Fragment(String.valueOf(rule.check())).renamed(place.columns())
                  + "\n)"
                  + (rule.noInherit() ? " no inherit" : "");
          case FOREIGN_KEY -> foreignKey(place, rule);
          case EXCLUDE -> exclude(place, rule);
        };
    return body + deferred(rule);
  }

  private static String deferred(Constraint rule) {
    return (rule.deferrable() ? " deferrable" : "")
        + (rule.initiallyDeferred() ? " initially deferred" : "");
  }

  private static String include(Layout.Place place, Constraint rule) {
    var parameters = rule.indexParameters();
    return parameters == null || parameters.includeColumns().isEmpty()
        ? ""
        : " include " + columns(place, parameters.includeColumns());
  }

  private String foreignKey(Layout.Place place, Constraint rule) {
    ForeignKey key = rule.references();
    if (key == null) {
      throw new IllegalStateException("a foreign key that refers to nothing: " + rule.name());
    }
    Layout.Place other = layout.place(key.table());
    return "foreign key "
        + columns(place, rule.columns())
        + " references "
        + quote(schema, other.table())
        + ' '
        + columns(other, key.columns())
        + (key.matchType() == ForeignKey.Match.FULL ? " match full" : "")
        + " on delete "
        + key.onDelete()
        + (key.onDeleteSetColumns().isEmpty() ? "" : ' ' + columns(place, key.onDeleteSetColumns()))
        + " on update "
        + key.onUpdate();
  }

  private static String exclude(Layout.Place place, Constraint rule) {
    Constraint.Exclude exclude = rule.exclude();
    if (exclude == null) {
      throw new IllegalStateException("an exclusion that excludes nothing: " + rule.name());
    }
    return "exclude "
        + (exclude.indexMethod() == null ? "" : "using " + exclude.indexMethod() + ' ')
        + '('
        + new Fragment(exclude.elements()).renamed(place.columns())
        + ')'
        + (exclude.predicate() == null
            ? ""
            : " where (" + new Fragment(exclude.predicate()).renamed(place.columns()) + ")");
  }

  /** The unique index that will carry the constraint. */
  String carrier(Table table, Constraint rule, String name) {
    Layout.Place place = layout.place(table.name());
    return "create unique index concurrently "
        + quote(name)
        + " on "
        + quote(schema, place.table())
        + ' '
        + columns(place, rule.columns())
        + include(place, rule)
        + (rule.nullsNotDistinct() ? " nulls not distinct" : "");
  }

  /** {@code ADD CONSTRAINT … USING INDEX}, which reads no row. */
  static String carried(Constraint rule, String index) {
    return "add constraint "
        + quote(rule.name())
        + (rule.type() == Constraint.Type.PRIMARY_KEY ? " primary key" : " unique")
        + " using index "
        + quote(index)
        + deferred(rule);
  }

  String build(Table table, Table.Index index, String name) {
    return "create "
        + (index.unique() ? "unique " : "")
        + "index concurrently "
        + quote(name)
        + " on "
        + quote(schema, layout.place(table.name()).table())
        + ' '
        + index(table, index);
  }

  /** What follows the table. */
  private String index(Table table, Table.Index index) {
    Layout.Place place = layout.place(table.name());
    String definition = index.definition();
    if (index.columns().isEmpty() || index.columns().stream().anyMatch(c -> c.column().isEmpty())) {
      if (definition == null || !definition.contains(" USING ")) {
        throw new ProblemException(
            Problem.invalid("index-unknown", "The index says neither columns nor definition.")
                .at(index.name()));
      }
      return new Fragment(definition.substring(definition.indexOf(" USING ") + 1))
          .renamed(place.columns());
    }
    String include =
        definition != null && definition.contains(" INCLUDE (")
            ? " include ("
                + new Fragment(
                        definition.substring(
                            definition.indexOf(" INCLUDE (") + 10,
                            definition.indexOf(')', definition.indexOf(" INCLUDE ("))))
                    .renamed(place.columns())
                + ')'
            : "";
    return "using "
        + index.method()
        + " ("
        + index.columns().stream().map(f -> field(place, f)).collect(Collectors.joining(", "))
        + ')'
        + include
        + (definition != null && definition.contains(" NULLS NOT DISTINCT")
            ? " nulls not distinct"
            : "")
        + (index.storageParameters() == null ? "" : " with (" + index.storageParameters() + ')')
        + (index.predicate() == null
            ? ""
            : " where (" + new Fragment(index.predicate()).renamed(place.columns()) + ')');
  }

  private static String field(Layout.Place place, IndexField field) {
    StringBuilder sql = new StringBuilder(quote(place.column(field.column())));
    if (field.collate() != null) {
      sql.append(" collate ").append(quote(field.collate()));
    }
    IndexField.Opclass opclass = field.opclass();
    if (opclass != null) {
      sql.append(' ').append(opclass.name());
      if (!opclass.params().isEmpty()) {
        sql.append(" (").append(String.join(", ", opclass.params())).append(')');
      }
    }
    if (field.sort() == IndexField.Sort.DESC) {
      sql.append(" desc");
    }
    if (field.nulls() != null) {
      sql.append(" nulls ").append(field.nulls());
    }
    return sql.toString();
  }

  private static String columns(Layout.Place place, List<String> names) {
    return names.stream()
        .map(name -> quote(place.column(name)))
        .collect(Collectors.joining(", ", "(", ")"));
  }
}
