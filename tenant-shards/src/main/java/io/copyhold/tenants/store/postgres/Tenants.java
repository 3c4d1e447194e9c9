package io.copyhold.tenants.store.postgres;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import io.copyhold.tenants.store.postgres.session.SqlTrouble;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;

/**
 * Members of homes: letting a tenant in, keeping it out for a while, and taking it out with all its
 * rows.
 */
final class Tenants {
  /** Triggers may write rows while others go; more often than this is not ours to win. */
  private static final int SWEEPS_MAX = 3;

  private final Sessions sessions;
  private final HomeBook book;
  private final Logins logins;
  private final StoreSettings settings;

  Tenants(Sessions sessions, HomeBook book, Logins logins, StoreSettings settings) {
    this.sessions = sessions;
    this.book = book;
    this.logins = logins;
    this.settings = settings;
  }

  void add(Place place, String tenant, String password, Fence fence) {
    String verifier = logins.verifier(password);
    sessions.change(
        place.database(),
        "adding the tenant",
        fence,
        c -> {
          book.enterReady(c, place, fence, tenant);
          List<String> members =
              place.isolation().ownHome() ? book.members(c, place) : List.of(tenant);
          if (!members.isEmpty() && !members.contains(tenant)) {
            throw new ProblemException(
                Problem.conflict(
                        "home-taken", "The home belongs to tenant " + members.getFirst() + ".")
                    .at(place.key())
                    .todo("Use a home of the tenant's own, or a pool."));
          }
          logins.open(c, place, tenant, verifier);
          Sql.update(
              c,
              "insert into copyhold.member (role, home, tenant, epoch, timeline)"
                  + " select ?::name, home, ?, ?, timeline from copyhold.home where home = ?"
                  + " on conflict (home, tenant) do update"
                  + " set suspended = false, epoch = greatest(copyhold.member.epoch, excluded.epoch)",
              Place.login(tenant),
              tenant,
              fence.epoch(),
              place.key());
          return true;
        });
  }

  void suspend(Place place, String tenant, Fence fence) {
    sessions.change(
        place.database(),
        "suspending the tenant",
        fence,
        c -> {
          book.enterReady(c, place, fence, tenant);
          suspended(c, place, tenant, true);
          logins.close(c, tenant);
          return true;
        });
    logins.endSessions(place.database(), tenant);
  }

  void resume(Place place, String tenant, Fence fence) {
    sessions.change(
        place.database(),
        "resuming the tenant",
        fence,
        c -> {
          book.enterReady(c, place, fence, tenant);
          suspended(c, place, tenant, false);
          logins.reopen(c, tenant);
          return true;
        });
  }

  private static void suspended(Connection c, Place place, String tenant, boolean suspended)
      throws SQLException {
    if (Sql.update(
            c,
            "update copyhold.member set suspended = ? where home = ? and tenant = ?",
            suspended,
            place.key(),
            tenant)
        == 0) {
      throw new ProblemException(
          Problem.notFound("tenant-not-here", "The tenant does not live in this home.")
              .at(place.key() + ", " + tenant));
    }
  }

  void remove(Place place, String tenant, Fence fence) {
    boolean member =
        sessions.change(
            place.database(),
            "removing the tenant",
            fence,
            c -> {
              book.enterReady(c, place, fence, tenant);
              if (!book.members(c, place).contains(tenant)) {
                return false;
              }
              suspended(c, place, tenant, true);
              logins.close(c, tenant);
              return true;
            });
    if (!member) {
      return;
    }
    logins.endSessions(place.database(), tenant);
    if (place.isolation() == Isolation.POOL) {
      sweep(place, tenant, fence);
    }
    sessions.change(
        place.database(),
        "removing the tenant",
        fence,
        c -> {
          book.enterReady(c, place, fence, tenant);
          if (place.isolation() == Isolation.POOL) {
            List<String> left = left(c, place, tenant);
            if (!left.isEmpty()) {
              throw new ProblemException(
                  Problem.unavailable("rows-remain", "Rows of the tenant are still there.")
                      .at(place.key() + ": " + String.join(", ", left))
                      .todo("Look for a trigger that writes them again."));
            }
          }
          logins.drop(c, tenant);
          Sql.update(
              c, "delete from copyhold.member where home = ? and tenant = ?", place.key(), tenant);
          return true;
        });
  }

  /** Deletes the tenant's rows, referencing tables first, in transactions of bounded size. */
  private void sweep(Place place, String tenant, Fence fence) {
    for (int sweep = 0; sweep < SWEEPS_MAX; sweep++) {
      List<String> tables =
          sessions.read(place.database(), "listing the pool's tables", c -> tables(c, place));
      for (String table : tables) {
        while (deleteSome(place, tenant, table, fence)) {
          // until none is left
        }
      }
      boolean empty =
          sessions.read(
              place.database(),
              "looking for the tenant's rows",
              c -> left(c, place, tenant).isEmpty());
      if (empty) {
        return;
      }
    }
  }

  private boolean deleteSome(Place place, String tenant, String table, Fence fence) {
    return sessions.change(
        place.database(),
        "deleting the tenant's rows",
        fence,
        c -> {
          book.enterReady(c, place, fence, tenant);
          actAs(c, place, tenant);
          String name = quote(place.schema(), table);
          java.sql.Savepoint before = c.setSavepoint();
          boolean more;
          try {
            more =
                Sql.update(
                        c,
                        "delete from "
                            + name
                            + " where ctid = any (array(select ctid from "
                            + name
                            + " where tenant_id = ? limit ?))",
                        tenant,
                        settings.rowsPerDelete())
                    == settings.rowsPerDelete();
          } catch (SQLException e) {
            if (!SqlTrouble.state(e).equals("23503")) {
              throw e;
            }
            // rows that point at each other, in one table or in a ring: only all at once can go
            c.rollback(before);
            Sql.first(c, everything(place, tables(c, place)), r -> true, tenant);
            more = false;
          }
          Sql.run(c, "reset role");
          return more;
        });
  }

  /** One statement over all tables: foreign keys are checked at its end. */
  private static String everything(Place place, List<String> tables) {
    StringBuilder sql = new StringBuilder("with whose as materialized (select ?::text as t)");
    for (int i = 0; i < tables.size(); i++) {
      sql.append(", d")
          .append(i)
          .append(" as (delete from ")
          .append(quote(place.schema(), tables.get(i)))
          .append(" using whose where tenant_id = whose.t)");
    }
    return sql.append(" select t from whose").toString();
  }

  /** Tables of the pool that hold rows, those that reference others first. */
  private static List<String> tables(Connection c, Place place) throws SQLException {
    return Sql.strings(
        c,
        """
        with recursive t as (
          select c.oid, c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = ? and c.relkind = 'r' and exists (select from pg_attribute a
            where a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped)),
        edge as (
          select distinct k.conrelid as child, k.confrelid as parent from pg_constraint k
          where k.contype = 'f' and k.conrelid <> k.confrelid),
        depth (oid, d) as (
          select oid, 0 from t
          union
          select e.parent, depth.d + 1 from depth join edge e on e.child = depth.oid where depth.d < 50)
        select t.relname from t join depth on depth.oid = t.oid
        group by t.relname order by max(depth.d), t.relname
        """,
        place.schema());
  }

  /** Tables with a row of the tenant; sees all rows, whatever the policy for tenants says. */
  private static List<String> left(Connection c, Place place, String tenant) throws SQLException {
    List<String> tables = tables(c, place);
    Sql.first(
        c,
        "select set_config('role', ?, true), set_config('copyhold.migrating', 'on', true)",
        r -> true,
        place.owner());
    List<String> left = new java.util.ArrayList<>();
    for (String table : tables) {
      if (Sql.any(
          c,
          "select from " + quote(place.schema(), table) + " where tenant_id = ? limit 1",
          tenant)) {
        left.add(table);
      }
    }
    Sql.run(c, "reset role");
    return left;
  }

  /** For this transaction: as the home's owner, with the rights on rows of one tenant. */
  static void actAs(Connection c, Place place, String tenant) throws SQLException {
    Sql.first(
        c,
        "select set_config('role', ?, true), set_config('copyhold.as_tenant', ?, true)",
        r -> true,
        place.owner(),
        tenant);
  }
}
