package io.copyhold.tenants.store.postgres.expand;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.document.Constraint;
import io.copyhold.tenants.document.ForeignKey;
import io.copyhold.tenants.document.IndexField;
import io.copyhold.tenants.document.Table;
import io.copyhold.tenants.store.postgres.ddl.IndexBuild;
import io.copyhold.tenants.store.postgres.ddl.TableName;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

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
    return build(table, index, "same").sql();
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
  IndexBuild carrier(Table table, Constraint rule, String name) {
    Layout.Place place = layout.place(table.name());
    return new IndexBuild(
        new TableName(schema, place.table()),
        name,
        true,
        "btree",
        rule.columns().stream().map(c -> quote(place.column(c))).toList(),
        (include(place, rule) + (rule.nullsNotDistinct() ? " nulls not distinct" : "")).strip(),
        null);
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

  IndexBuild build(Table table, Table.Index index, String name) {
    Layout.Place place = layout.place(table.name());
    TableName base = new TableName(schema, place.table());
    String definition = index.definition();
    String include = definition == null ? null : inside(definition, " INCLUDE (");
    String more =
        (include == null ? "" : "include (" + new Fragment(include).renamed(place.columns()) + ") ")
            + (definition != null && definition.contains(" NULLS NOT DISTINCT")
                ? "nulls not distinct "
                : "")
            + (index.storageParameters() == null || index.storageParameters().isBlank()
                ? ""
                : "with (" + index.storageParameters() + ')');
    List<String> keys;
    if (index.columns().isEmpty()) {
      String inside =
          definition == null ? null : inside(definition, " USING " + index.method() + " (");
      if (inside == null) {
        throw new ProblemException(
            Problem.invalid("index-unknown", "The index tells neither columns nor definition.")
                .at(index.name()));
      }
      keys = List.of(new Fragment(inside).renamed(place.columns()));
    } else {
      keys = index.columns().stream().map(f -> field(place, f)).toList();
    }
    return new IndexBuild(
        base,
        name,
        index.unique(),
        index.method().toString(),
        keys,
        more.strip(),
        index.predicate() == null
            ? null
            : '(' + new Fragment(index.predicate()).renamed(place.columns()) + ')');
  }

  /** What stands between the parenthesis that ends {@code start} and its partner. */
  private static @Nullable String inside(String text, String start) {
    int from = text.indexOf(start);
    if (from < 0) {
      return null;
    }
    int depth = 1;
    boolean quoted = false;
    int begin = from + start.length();
    for (int at = begin; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '\'') {
        quoted = !quoted;
      } else if (!quoted && c == '(') {
        depth++;
      } else if (!quoted && c == ')' && --depth == 0) {
        return text.substring(begin, at);
      }
    }
    return null;
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
