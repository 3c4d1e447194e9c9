package io.copyhold.tenants.store.postgres.expand;

import static io.copyhold.runtime.postgres.Identifiers.literal;
import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.tenants.document.Table;
import io.copyhold.tenants.isolation.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The views of one version: one for each table, each updatable by itself, so that RETURNING, ON
 * CONFLICT on columns, defaults and identities work as on a table.
 *
 * <p>They read with the rights of whoever asks, so row-level security of the tables holds. Their
 * condition asks once per statement whether the session speaks this version, and fails the
 * statement otherwise; as a check option it does so for inserts too.
 */
final class Views {
  private Views() {}

  /** As the control role: the schema belongs to the home's owner. */
  static String schema(Place home, String version) {
    return "create schema if not exists "
        + quote(Made.views(home, version))
        + " authorization "
        + quote(home.owner());
  }

  /**
   * As the owner.
   *
   * @param defaults by base table and column: the default that an insert takes which names none
   */
  static List<String> render(Place home, Layout layout, Map<String, Map<String, String>> defaults) {
    String schema = Made.views(home, layout.version());
    List<String> sql = new ArrayList<>();
    sql.add("grant usage on schema " + quote(schema) + " to " + quote(home.app()));
    for (Table table : layout.shape().tables().values()) {
      sql.addAll(view(home, schema, layout, table, defaults));
    }
    return sql;
  }

  private static List<String> view(
      Place home,
      String schema,
      Layout layout,
      Table table,
      Map<String, Map<String, String>> defaults) {
    Layout.Place place = layout.place(table.name());
    String view = quote(schema, table.name());
    StringBuilder select = new StringBuilder();
    List<String> sql = new ArrayList<>();
    for (Table.Field field : table.columns()) {
      String column = place.column(field.name());
      select
          .append(select.isEmpty() ? "" : ", ")
          .append(quote(column))
          .append(" as ")
          .append(quote(field.name()));
    }
    sql.add("drop view if exists " + view);
    sql.add(
        "create view "
            + view
            + " with (security_invoker = true, check_option = local) as select "
            + select
            + " from "
            + quote(home.schema(), place.table())
            + " where (select copyhold.speaks("
            + literal(home.key())
            + ", "
            + literal(layout.version())
            + "))");
    Map<String, String> base = defaults.getOrDefault(place.table(), Map.of());
    for (Table.Field field : table.columns()) {
      String value = defaultOf(field, base.get(place.column(field.name())));
      if (value != null) {
        sql.add(
            "alter view "
                + view
                + " alter column "
                + quote(field.name())
                + " set default "
                + value);
      }
    }
    if (table.comment() != null) {
      sql.add("comment on view " + view + " is " + literal(table.comment()));
    }
    sql.add("grant select, insert, update, delete on " + view + " to " + quote(home.app()));
    return sql;
  }

  /** The view's own default; the table's holds where it has none, so "none" must be said too. */
  private static @Nullable String defaultOf(Table.Field field, @Nullable String base) {
    if (field.identity() != null || field.generated() != null) {
      return null;
    }
    if (field.defaultValue() != null) {
      return field.defaultValue();
    }
    return base == null ? null : "case when false then null::" + field.type() + " end";
  }

  static String drop(Place home, String version) {
    return "drop schema if exists " + quote(Made.views(home, version)) + " cascade";
  }
}
