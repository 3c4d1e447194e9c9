package io.copyhold.tenants.store.postgres;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.Adoption;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.Inventory;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Taking over what was there before: Copyhold's schema, a row, a baseline, and roles if wanted.
 * Tables, their owner and other roles' rights stay as they are.
 */
final class Adoptions {
  private final String shared;
  private final Sessions sessions;
  private final HomeBook book;
  private final Homes homes;
  private final Logins logins;

  Adoptions(String shared, Sessions sessions, HomeBook book, Homes homes, Logins logins) {
    this.shared = shared;
    this.sessions = sessions;
    this.book = book;
    this.homes = homes;
    this.logins = logins;
  }

  Inventory inventory(String database, @Nullable String schema) {
    return sessions.read(
        database, "taking the inventory", c -> Inventories.of(c, database, schema));
  }

  void adopt(HomeRef home, Adoption adoption, Fence fence) {
    if (home.isolation() == Isolation.POOL) {
      throw new ProblemException(
          Problem.invalid("pool-not-adoptable", "A pool is made, not adopted.")
              .at(home.toString())
              .todo("Adopt it as a schema or database, then move the tenant into a pool."));
    }
    Place bare = located(home, adoption);
    String owner = sessions.read(bare.database(), "finding the owner", c -> owner(c, bare));
    Place place = bare.ownedBy(owner);
    homes.forget(place);
    if (!place.database().equals(shared)) {
      register(place, adoption, fence);
    }
    sessions.change(
        place.database(),
        "adopting the home",
        fence,
        c -> {
          book.install(c);
          if (book.begin(c, place, adoption.changelog(), true, fence).equals(HomeBook.READY)) {
            return true;
          }
          if (adoption.password() != null) {
            roles(c, place, adoption.tenant(), adoption.password());
          }
          Sql.update(
              c,
              "insert into copyhold.member (role, home, tenant, epoch, timeline)"
                  + " select ?::name, home, ?, ?, timeline from copyhold.home where home = ?"
                  + " on conflict do nothing",
              Place.login(adoption.tenant()),
              adoption.tenant(),
              fence.epoch(),
              place.key());
          if (adoption.position() > 0) {
            book.record(
                c,
                place,
                new Script(
                    adoption.changelog(),
                    adoption.position(),
                    adoption.version(),
                    "baseline",
                    "",
                    ""),
                fence.key(),
                0,
                true);
          }
          book.mark(c, place, HomeBook.READY);
          return true;
        });
    if (!place.database().equals(shared)) {
      mark(place, fence, HomeBook.READY);
    }
    homes.remember(place);
  }

  /** The shared database says where homes outside it are. */
  private void register(Place place, Adoption adoption, Fence fence) {
    sessions.change(
        shared,
        "registering the home",
        fence,
        c -> {
          book.begin(c, place, adoption.changelog(), true, fence);
          return true;
        });
  }

  private void mark(Place place, Fence fence, String state) {
    sessions.change(
        shared,
        "registering the home",
        fence,
        c -> {
          book.enter(c, place, fence, null);
          book.mark(c, place, state);
          return true;
        });
  }

  private Place located(HomeRef home, Adoption adoption) {
    boolean whole = home.isolation() == Isolation.DATABASE;
    String database =
        adoption.database() != null ? adoption.database() : whole ? home.name() : shared;
    String schema = adoption.schema() != null ? adoption.schema() : whole ? "public" : home.name();
    return Place.at(home, database, schema);
  }

  private String owner(Connection c, Place place) throws SQLException {
    Optional<HomeBook.Row> row = HomeBook.present(c) ? book.find(c, place.key()) : Optional.empty();
    if (row.isPresent() && !row.get().state().equals(HomeBook.DROPPED)) {
      return row.get().place().owner(); // taken up again after a crash
    }
    List<String> owners = Inventories.owners(c, place.schema());
    List<Problem> blocks = Inventories.blocksAdoption(c, place.database(), place.schema(), owners);
    if (!blocks.isEmpty()) {
      throw new ProblemException(blocks.getFirst());
    }
    if (!owners.isEmpty()) {
      return owners.getFirst();
    }
    return Sql.first(
            c,
            "select pg_get_userbyid(nspowner)::text from pg_namespace where nspname = ?",
            r -> r.getString(1),
            place.schema())
        .orElseThrow(() ->
            new ProblemException(
                Problem.notFound("schema-missing", "There is no such schema.")
                    .at(place.database() + '.' + place.schema())));
  }

  private void roles(Connection c, Place place, String tenant, String password)
      throws SQLException {
    Roles.ensureGroup(c, place.app(), Homes.purpose(place));
    String schema = quote(place.schema());
    String to = " to " + quote(place.app());
    Sql.run(c, "grant connect on database " + quote(place.database()) + to);
    Sql.run(c, "set local role " + quote(place.owner()));
    Sql.run(c, "grant usage on schema " + schema + to);
    String rows = "grant select, insert, update, delete on ";
    String numbers = "grant usage, select on ";
    Sql.run(c, rows + "all tables in schema " + schema + to);
    Sql.run(c, numbers + "all sequences in schema " + schema + to);
    String defaults = "alter default privileges in schema " + schema + ' ';
    Sql.run(c, defaults + rows + "tables" + to);
    Sql.run(c, defaults + numbers + "sequences" + to);
    Sql.run(c, "reset role");
    logins.open(c, place, tenant, logins.verifier(password));
  }

  void release(HomeRef home, Fence fence) {
    Place place = homes.place(home);
    Optional<HomeBook.Row> row =
        sessions.read(shared, "looking for the home", c -> book.find(c, place.key()));
    if (row.isEmpty() || row.get().state().equals(HomeBook.DROPPED)) {
      return;
    }
    if (!row.get().adopted()) {
      throw new ProblemException(
          Problem.conflict(
                  "home-not-adopted", "Copyhold made this home; there is nothing to give back.")
              .at(place.key())
              .todo("Drop it instead."));
    }
    boolean elsewhere = !place.database().equals(shared);
    if (elsewhere) {
      mark(place, fence, HomeBook.DROPPING);
    }
    sessions.change(
        place.database(),
        "releasing the home",
        fence,
        c -> {
          if (!HomeBook.present(c) || book.find(c, place.key()).isEmpty()) {
            return true;
          }
          book.enter(c, place, fence, null);
          for (String tenant : book.members(c, place)) {
            logins.drop(c, tenant);
          }
          Roles.drop(c, place.app(), Homes.purpose(place));
          book.drop(c, place);
          if (elsewhere) {
            uninstall(c);
          }
          return true;
        });
    if (elsewhere) {
      sessions.change(
          shared,
          "releasing the home",
          fence,
          c -> {
            book.enter(c, place, fence, null);
            book.drop(c, place);
            return true;
          });
    }
    homes.forget(place);
  }

  /** Takes Copyhold's schema away, unless another home or a column's default needs it. */
  private static void uninstall(Connection c) throws SQLException {
    boolean needed =
        Sql.any(c, "select from copyhold.home where state <> 'dropped'")
            || Sql.any(
                c,
                """
                select from pg_depend d
                join pg_proc f on d.refclassid = 'pg_proc'::regclass and d.refobjid = f.oid
                join pg_namespace n on n.oid = f.pronamespace
                where n.nspname = 'copyhold' and d.deptype = 'n'
                """);
    if (!needed) {
      Sql.run(c, "drop schema copyhold cascade");
    }
  }
}
