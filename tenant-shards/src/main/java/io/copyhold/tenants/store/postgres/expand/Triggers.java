package io.copyhold.tenants.store.postgres.expand;

import static io.copyhold.runtime.postgres.Identifiers.literal;
import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.tenants.isolation.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The trigger that keeps all versions' columns of a table current, one function per table for the
 * whole chain of open changes.
 *
 * <ol>
 *   <li>The session's version is looked up in the chain. Unknown or untold: refused. {@code base}:
 *       left alone.
 *   <li>Upwards from it, each link computes its newer columns: for a new row, a row that the
 *       backfill has not reached, or when a source of the expression changed. An unchanged source
 *       leaves alone what a newer client wrote.
 *   <li>Downwards from it, each link computes its older columns by the same rule.
 * </ol>
 *
 * <p>The function runs with the rights of whoever writes, so row-level security holds in what it
 * reads, and with a fixed search path, since a cascade runs it as the table's owner.
 */
final class Triggers {
  private static final String AT = "\"_copyhold_at\"";

  private Triggers() {}

  /** Base tables that need the trigger. */
  static Set<String> tables(List<Link> chain) {
    Set<String> tables = new TreeSet<>();
    for (Link link : chain) {
      link.syncs().forEach(sync -> tables.add(sync.table()));
      tables.addAll(link.markers().keySet());
    }
    return tables;
  }

  /** Makes function and triggers as the chain wants them; without any sync left, drops them. */
  static List<String> render(Place home, String table, List<Link> chain) {
    String relation = quote(home.schema(), table);
    String function = quote(home.schema(), Made.function(table));
    if (!tables(chain).contains(table)) {
      return drop(home, table);
    }
    List<String> sql = new ArrayList<>();
    sql.add(function(home, table, chain));
    sql.add("revoke all on function " + function + "() from public");
    sql.add("grant execute on function " + function + "() to public");
    sql.add(
        "create or replace trigger "
            + quote(Made.ROW_TRIGGER)
            + " before insert or update on "
            + relation
            + " for each row execute function "
            + function
            + "()");
    sql.add(
        "create or replace trigger "
            + quote(Made.STATEMENT_TRIGGER)
            + " before insert or update on "
            + relation
            + " for each statement execute function copyhold.speaking("
            + literal(home.key())
            + ")");
    return sql;
  }

  static List<String> drop(Place home, String table) {
    String relation = quote(home.schema(), table);
    return List.of(
        "drop trigger if exists " + quote(Made.ROW_TRIGGER) + " on " + relation,
        "drop trigger if exists " + quote(Made.STATEMENT_TRIGGER) + " on " + relation,
        "drop function if exists " + quote(home.schema(), Made.function(table)) + "()");
  }

  private static String function(Place home, String table, List<Link> chain) {
    StringBuilder body = new StringBuilder();
    for (int i = 0; i < chain.size(); i++) {
      upwards(body, home, table, chain.get(i), i + 1);
    }
    for (int i = chain.size() - 1; i >= 0; i--) {
      downwards(body, home, table, chain.get(i), i + 1);
    }
    StringBuilder versions = new StringBuilder();
    versions
        .append("    when ")
        .append(literal(chain.getFirst().from().version()))
        .append(" then 1\n");
    for (int i = 0; i < chain.size(); i++) {
      versions
          .append("    when ")
          .append(literal(chain.get(i).to().version()))
          .append(" then ")
          .append(i + 2)
          .append('\n');
    }
    String text =
        """
        #variable_conflict use_column
        declare
          %1$s int;
        begin
          %1$s := case current_setting('copyhold.version', true)
        %2$s    when 'base' then 0 end;
          if %1$s is null then
            perform copyhold.speaks(%3$s, null);
            raise exception using errcode = 'CH001', message = 'The session speaks a version that this table does not know.';
          end if;
          if %1$s = 0 then
            return new;
          end if;
        %4$s  return new;
        end
        """
            .formatted(AT, versions, literal(home.key()), body);
    return "create or replace function "
        + quote(home.schema(), Made.function(table))
        + "() returns trigger language plpgsql set search_path = "
        + quote(home.schema())
        + ", pg_temp as "
        + literal(text);
  }

  private static void upwards(
      StringBuilder body, Place home, String table, Link link, int position) {
    List<Sync> syncs =
        link.syncs().stream().filter(s -> s.up() && s.table().equals(table)).toList();
    String marker = link.markers().get(table);
    if (syncs.isEmpty() && marker == null) {
      return;
    }
    body.append("  if ").append(AT).append(" <= ").append(position).append(" then\n");
    for (Sync sync : syncs) {
      compute(body, home, sync, marker);
    }
    if (marker != null) {
      body.append("    new.").append(quote(marker)).append(" := false;\n");
    }
    body.append("  end if;\n");
  }

  private static void downwards(
      StringBuilder body, Place home, String table, Link link, int position) {
    List<Sync> syncs =
        link.syncs().stream().filter(s -> !s.up() && s.table().equals(table)).toList().reversed();
    if (syncs.isEmpty()) {
      return;
    }
    body.append("  if ").append(AT).append(" > ").append(position).append(" then\n");
    for (Sync sync : syncs) {
      compute(body, home, sync, null);
    }
    body.append("  end if;\n");
  }

  private static void compute(
      StringBuilder body, Place home, Sync sync, @org.jspecify.annotations.Nullable String marker) {
    body.append("    if tg_op = 'INSERT'");
    if (marker != null) {
      body.append(" or old.").append(quote(marker));
    }
    for (String source : new TreeSet<>(sync.sources().values())) {
      body.append(" or new.")
          .append(quote(source))
          .append(" is distinct from old.")
          .append(quote(source));
    }
    body.append(" then\n      <<").append(quote(sync.label())).append(">>\n");
    if (!sync.sources().isEmpty()) {
      body.append("      declare\n");
      sync.sources()
          .forEach((name, column) ->
              body.append("        ")
                  .append(quote(name))
                  .append(' ')
                  .append(quote(home.schema(), sync.table()))
                  .append('.')
                  .append(quote(column))
                  .append("%type := new.")
                  .append(quote(column))
                  .append(";\n"));
    }
    body.append("      begin\n        new.")
        .append(quote(sync.target()))
        .append(" := (")
        .append(sync.expression())
        .append(");\n      end;\n    end if;\n");
  }
}
