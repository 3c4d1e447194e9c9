package io.copyhold.tenants.store.postgres.expand;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.isolation.RowPolicies;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes marked rows once, in the order of the table's pages and so without a key. A row that somebody writes meanwhile
 * loses its mark by that, so none that is marked ever moves: what is left behind a page is done. In a pool, the rows of
 * each tenant are written under that tenant's policy.
 */
final class Filler {
  /** Pages of one transaction: up to some thousand rows. */
  private static final int PAGES = 64;

  private final Sessions sessions;
  private final HomeBook book;

  Filler(Sessions sessions, HomeBook book) {
    this.sessions = sessions;
    this.book = book;
  }

  void fill(Place home, Step.FillRows step, Fence fence) {
    String doing = "filling " + step.table();
    String table = quote(home.schema(), step.table());
    while (left(home, step, table, doing)) { // again when an operator moved a row still marked
      long pages =
          sessions.read(
              home.database(),
              doing,
              c ->
                  Sql.first(
                          c,
                          "select pg_relation_size(?::text::regclass) / current_setting('block_size')::int",
                          r -> r.getLong(1),
                          table)
                      .orElse(0L));
      for (long page = 0; page < pages; page += PAGES) {
        long from = page;
        sessions.change(
            home.database(),
            doing,
            fence,
            c -> {
              book.enterReady(c, home, fence, null);
              chunk(c, home, step, table, from);
              return true;
            });
      }
    }
  }

  private boolean left(Place home, Step.FillRows step, String table, String doing) {
    return sessions.readLong(
        home.database(),
        doing,
        c -> {
          act(c, home, step.version(), null);
          return Sql.any(
              c, "select from " + table + " where " + quote(step.marker()) + " limit 1");
        });
  }

  private static void chunk(
      Connection c, Place home, Step.FillRows step, String table, long page) throws SQLException {
    String where =
        quote(step.marker())
            + " and ctid >= format('(%s,0)', ?::bigint)::tid and ctid < format('(%s,0)', ?::bigint)::tid";
    String update = "update " + table + " set " + quote(step.marker()) + " = false where " + where;
    if (home.isolation() == Isolation.POOL) {
      act(c, home, step.version(), null);
      List<String> tenants =
          Sql.strings(
              c,
              "select distinct "
                  + quote(RowPolicies.TENANT_COLUMN)
                  + " from "
                  + table
                  + " where "
                  + where
                  + " order by 1",
              page,
              page + PAGES);
      for (String tenant : tenants) {
        act(c, home, step.version(), tenant);
        Sql.update(c, update, page, page + PAGES);
      }
    } else {
      List<String> tenants =
          Sql.strings(
              c, "select tenant from copyhold.member where home = ? limit 2", home.key());
      act(c, home, step.version(), tenants.size() == 1 ? tenants.getFirst() : null);
      Sql.update(c, update, page, page + PAGES);
    }
    Sql.run(c, "reset role");
  }

  /** As the owner and a client of that version; for one tenant, or over all. */
  private static void act(
      Connection c, Place home, String version, @Nullable String tenant)
      throws SQLException {
    Sql.first(
        c,
        "select set_config('role', ?, true), set_config('copyhold.version', ?, true),"
            + " set_config('copyhold.as_tenant', ?, true), set_config('copyhold.migrating', ?, true)",
        r -> true,
        home.owner(),
        version,
        tenant == null ? "" : tenant,
        tenant == null && home.isolation() == Isolation.POOL ? "on" : "off");
  }
}
