package io.copyhold.tenants.store.postgres;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.postgres.session.Exclusive;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Making and dropping homes. Schemas and pools come and go in transactions; a database passes
 * through the states of its row in the shared database, so that a crash at any point is taken up
 * again.
 */
final class Homes {
  /** Known places of adopted homes; a miss costs one query. */
  private static final int REMEMBERED_MAX = 10_000;

  private final String shared;
  private final Sessions sessions;
  private final HomeBook book;
  private final Exclusive exclusive;
  private final Logins logins;
  private final StoreSettings settings;
  private final ConcurrentHashMap<String, Place> places = new ConcurrentHashMap<>();

  Homes(
      String shared,
      Sessions sessions,
      HomeBook book,
      Exclusive exclusive,
      Logins logins,
      StoreSettings settings) {
    this.shared = shared;
    this.sessions = sessions;
    this.book = book;
    this.exclusive = exclusive;
    this.logins = logins;
    this.settings = settings;
  }

  /** Where the home is: as its row says, or where it would be made. */
  Place place(HomeRef home) {
    Place made = Place.of(home, shared);
    if (made.isolation() == Isolation.POOL) {
      return made;
    }
    Place known = places.get(made.key());
    if (known != null) {
      return known;
    }
    Optional<HomeBook.Row> row =
        sessions
            .read(shared, "looking for the home", c -> book.find(c, made.key()))
            .filter(r -> !r.state().equals(HomeBook.DROPPED));
    row.ifPresent(r -> remember(r.place()));
    return row.map(HomeBook.Row::place).orElse(made);
  }

  void remember(Place place) {
    if (places.size() >= REMEMBERED_MAX) {
      places.clear();
    }
    places.put(place.key(), place);
  }

  void forget(Place place) {
    places.remove(place.key());
  }

  void create(HomeRef home, String changelog, Fence fence) {
    Place place = Place.of(home, shared);
    forget(place);
    if (place.isolation() == Isolation.DATABASE) {
      createDatabase(place, changelog, fence);
    } else {
      sessions.change(
          shared,
          "creating the home",
          fence,
          c -> {
            String before = book.begin(c, place, changelog, false, fence);
            if (!before.equals(HomeBook.READY)) {
              createSchema(c, place);
            }
            return true;
          });
    }
  }

  private void createSchema(Connection c, Place place) throws SQLException {
    if (Sql.any(c, "select from pg_namespace where nspname = ?", place.schema())) {
      throw new ProblemException(
          Problem.conflict("schema-exists", "A schema of that name is there already.")
              .at(place.database() + '.' + place.schema())
              .todo("Choose another name, or adopt the schema."));
    }
    String schema = quote(place.schema());
    String owner = quote(place.owner());
    String app = quote(place.app());
    Roles.ensureOwner(c, place.owner(), purpose(place));
    Roles.ensureGroup(c, place.app(), purpose(place));
    String defaults = "; alter default privileges in schema " + schema + " grant ";
    Sql.run(
        c,
        "create schema "
            + schema
            + " authorization "
            + owner
            + "; set local role "
            + owner
            + "; grant usage on schema "
            + schema
            + " to "
            + app
            + defaults
            + "select, insert, update, delete on tables to "
            + app
            + defaults
            + "usage, select on sequences to "
            + app
            + "; reset role");
    if (place.isolation() == Isolation.DATABASE) {
      Sql.run(c, "grant connect, temporary on database " + quote(place.database()) + " to " + app);
    } else {
      Roles.join(c, guests(place.database(), place.isolation().ownHome()), place.app());
    }
    book.mark(c, place, HomeBook.READY);
  }

  /** Says on roles what they are for, so that they are ours beyond doubt. */
  static String purpose(Place place) {
    return "copyhold home " + place.key();
  }

  private void createDatabase(Place place, String changelog, Fence fence) {
    String state =
        sessions.change(
            shared,
            "creating the home",
            fence,
            c -> {
              String before = book.begin(c, place, changelog, false, fence);
              if (before.equals(HomeBook.DROPPED) && exists(c, place)) {
                throw new ProblemException(
                    Problem.conflict("database-exists", "A database of that name is there already.")
                        .at(place.database())
                        .todo("Choose another name, or adopt the database."));
              }
              return before;
            });
    if (state.equals(HomeBook.READY)) {
      return;
    }
    exclusive.run(
        shared,
        place,
        fence,
        "creating the database",
        c -> {
          if (!exists(c, place)) {
            createDatabase(c, place.database());
          }
          close(c, place.database());
          return true;
        });
    sessions.change(
        place.database(),
        "preparing the database",
        fence,
        c -> {
          book.install(c);
          Sql.run(c, "revoke all on schema public from public");
          if (!book.begin(c, place, changelog, false, fence).equals(HomeBook.READY)) {
            createSchema(c, place);
          }
          return true;
        });
    sessions.change(
        shared,
        "creating the home",
        fence,
        c -> {
          book.enter(c, place, fence, null);
          book.mark(c, place, HomeBook.READY);
          return true;
        });
  }

  /**
   * Makes the groups whose members may connect to the shared database. The right itself is granted
   * once: a grant per home would rewrite one row of the catalog again and again, ever longer, and
   * two at a time fail.
   *
   * @param owner false where the database is somebody else's, who grants the right or left it
   *     public
   */
  static void openToGuests(Connection c, String database, boolean owner) throws SQLException {
    for (boolean temporary : new boolean[] {false, true}) {
      String group = guests(database, temporary);
      Roles.ensureGroup(c, group, "copyhold store " + database);
      if (!owner) {
        continue;
      }
      Sql.run(
          c,
          "grant connect"
              + (temporary ? ", temporary" : "")
              + " on database "
              + quote(database)
              + " to "
              + quote(group));
    }
  }

  private static String guests(String database, boolean temporary) {
    return Place.fit((temporary ? "ch_guest_temp_" : "ch_guest_") + database);
  }

  /** From template0: it is never in use, and holds nothing of anybody's. */
  static void createDatabase(Connection c, String database) throws SQLException {
    Sql.run(c, "create database " + quote(database) + " template template0 encoding 'UTF8'");
  }

  static long sizeBytes(Connection c, Place place) throws SQLException {
    if (place.isolation() == Isolation.DATABASE) {
      return Sql.first(c, "select pg_database_size(current_database())", r -> r.getLong(1))
          .orElse(0L);
    }
    return Sql.first(
            c,
            "select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint from pg_class c"
                + " join pg_namespace n on n.oid = c.relnamespace"
                + " where c.relkind in ('r', 'm') and n.nspname = ?",
            r -> r.getLong(1),
            place.schema())
        .orElse(0L);
  }

  /** Nobody but who is granted it may connect. */
  static void close(Connection c, String database) throws SQLException {
    Sql.run(c, "revoke all on database " + quote(database) + " from public");
  }

  private static boolean exists(Connection c, Place place) throws SQLException {
    return Sql.any(c, "select from pg_database where datname = ?", place.database());
  }

  void drop(HomeRef home, Fence fence) {
    Place place = place(home);
    Optional<HomeBook.Row> row =
        sessions.read(shared, "looking for the home", c -> book.find(c, place.key()));
    if (row.isEmpty() || row.get().state().equals(HomeBook.DROPPED)) {
      return;
    }
    if (row.get().adopted()) {
      throw new ProblemException(
          Problem.conflict(
                  "home-adopted", "The home was there before Copyhold, so it is not dropped.")
              .at(place.key())
              .todo("Release it instead; its data stays."));
    }
    if (place.isolation() == Isolation.DATABASE) {
      dropDatabase(place, fence);
    } else {
      dropSchema(place, fence);
    }
    forget(place);
  }

  private void dropSchema(Place place, Fence fence) {
    List<String> members =
        sessions.change(
            shared,
            "dropping the home",
            fence,
            c -> {
              book.enter(c, place, fence, null);
              List<String> tenants = book.members(c, place);
              if (place.isolation() == Isolation.POOL && !tenants.isEmpty()) {
                throw new ProblemException(
                    Problem.conflict(
                            "pool-not-empty", "The pool still has " + tenants.size() + " tenants.")
                        .at(place.key())
                        .todo("Move or offboard them first: " + tenants.getFirst() + ", …"));
              }
              book.mark(c, place, HomeBook.DROPPING);
              for (String tenant : tenants) {
                logins.close(c, tenant);
              }
              return tenants;
            });
    for (String tenant : members) {
      logins.endSessions(shared, tenant);
    }
    while (dropTables(place, fence)) {
      // some at a time: each table needs places in the server's lock table
    }
    sessions.change(
        shared,
        "dropping the home",
        fence,
        c -> {
          book.enter(c, place, fence, null);
          if (Roles.exists(c, place.owner())) {
            Sql.run(c, "set local role " + quote(place.owner()));
            Sql.run(c, "drop schema if exists " + quote(place.schema()) + " cascade");
            Sql.run(c, "reset role");
          }
          for (String tenant : members) {
            logins.drop(c, tenant);
          }
          Roles.drop(c, place.app(), purpose(place));
          Roles.drop(c, place.owner(), purpose(place));
          book.drop(c, place);
          return true;
        });
  }

  private boolean dropTables(Place place, Fence fence) {
    return sessions.change(
        shared,
        "dropping tables",
        fence,
        c -> {
          book.enter(c, place, fence, null);
          List<String> tables =
              Sql.strings(
                  c,
                  "select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
                      + " where n.nspname = ? and c.relkind in ('r', 'p') and not c.relispartition"
                      + " and c.relowner = to_regrole(?) order by c.relname limit ?",
                  place.schema(),
                  quote(place.owner()),
                  settings.tablesPerDrop() + 1);
          if (tables.size() <= settings.tablesPerDrop()) {
            return false; // the rest goes with the schema
          }
          Sql.run(c, "set local role " + quote(place.owner()));
          for (String table : tables) {
            Sql.run(c, "drop table if exists " + quote(place.schema(), table) + " cascade");
          }
          Sql.run(c, "reset role");
          return true;
        });
  }

  private void dropDatabase(Place place, Fence fence) {
    sessions.change(
        shared,
        "dropping the home",
        fence,
        c -> {
          book.enter(c, place, fence, null);
          book.mark(c, place, HomeBook.DROPPING);
          return true;
        });
    exclusive.run(
        shared,
        place,
        fence,
        "dropping the database",
        c -> {
          if (exists(c, place)) {
            Sql.run(c, "drop database " + quote(place.database()) + " with (force)");
          }
          return true;
        });
    sessions.change(
        shared,
        "dropping the home",
        fence,
        c -> {
          book.enter(c, place, fence, null);
          for (String login : members(c, place)) {
            Roles.dropLogin(c, login);
          }
          Roles.drop(c, place.app(), purpose(place));
          Roles.drop(c, place.owner(), purpose(place));
          book.drop(c, place);
          return true;
        });
  }

  /** Login roles in the home's group; its own book is gone with the database. */
  private static List<String> members(Connection c, Place place) throws SQLException {
    return Sql.strings(
        c,
        "select r.rolname from pg_auth_members m join pg_roles g on g.oid = m.roleid"
            + " join pg_roles r on r.oid = m.member where g.rolname = ? and r.rolname <> current_user",
        place.app());
  }
}
