package io.copyhold.tenants.store.postgres.ddl;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.postgres.session.Exclusive;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import io.copyhold.tenants.store.postgres.session.SqlTrouble;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Indexes built, dropped and rebuilt beside the reads and writes, once in the end:
 *
 * <ol>
 *   <li>A session that has the home for itself ({@link Exclusive}); an earlier attempt's is ended.
 *   <li>The intent is committed. Without one, a valid index of that name is somebody else's ({@code
 *       index-exists}); with one, it is ours and complete.
 *   <li>An invalid one is dropped: it slows writes, serves no read, and {@code IF NOT EXISTS} would
 *       take it for a good one.
 *   <li>The build, under the {@link Watchdog}.
 *   <li>The catalog must show a valid index; intent and entry are written in one transaction.
 * </ol>
 */
final class ConcurrentIndexes {
  private final Sessions sessions;
  private final HomeBook book;
  private final Exclusive exclusive;
  private final Watchdog watchdog;
  private final StoreSettings store;
  private final DdlSettings settings;

  ConcurrentIndexes(
      Sessions sessions,
      HomeBook book,
      Exclusive exclusive,
      Watchdog watchdog,
      StoreSettings store,
      DdlSettings settings) {
    this.sessions = sessions;
    this.book = book;
    this.exclusive = exclusive;
    this.watchdog = watchdog;
    this.store = store;
    this.settings = settings;
  }

  /** An index as it is; {@code pid} of whoever builds it at this moment, else 0. */
  private record Found(String table, boolean valid, int pid) {}

  DdlResult build(Site site, IndexBuild build, Ddl.Entry entry) {
    Place place = site.place();
    return exclusive.run(
        place.database(),
        place,
        site.fence(),
        "building " + build.object(),
        c -> {
          change(
              c,
              tx -> {
                book.upgrade(tx);
                return true;
              });
          boolean done =
              change(
                  c,
                  tx -> {
                    book.enterReady(tx, place, site.fence(), null);
                    return intend(tx, place, build);
                  });
          Watchdog.Watched watched = new Watchdog.Watched(Duration.ZERO, List.of());
          if (!done) {
            watched = make(c, site, build);
          }
          change(
              c,
              tx -> {
                book.enterReady(tx, place, site.fence(), null);
                shown(tx, place, build, Fact.validIndex(build.table(), build.name()));
                Sql.update(
                    tx,
                    "update copyhold.building set built = true where home = ? and name = ?",
                    place.key(),
                    build.name());
                entry.write(tx);
                return true;
              });
          return new DdlResult(done, 1, watched.waited(), watched.blockers());
        });
  }

  /** True when an earlier attempt built it. */
  private static boolean intend(Connection tx, Place place, IndexBuild build) throws SQLException {
    Optional<Found> found = found(tx, build.table().schema(), build.name());
    Optional<String> intent =
        Sql.first(
            tx,
            "select checksum from copyhold.building where home = ? and name = ?",
            r -> r.getString(1),
            place.key(),
            build.name());
    boolean ours = intent.filter(build.checksum()::equals).isPresent();
    if (found.isPresent()) {
      Found index = found.get();
      boolean elsewhere = !index.table().equals(build.table().name());
      if (elsewhere || (index.valid() && !ours)) {
        throw new ProblemException(
            Problem.conflict(
                    "index-exists",
                    "Another index of that name is there already, on " + index.table() + ".")
                .at(place.key() + ", " + build.object())
                .todo("Choose another name, or drop the one that is there."));
      }
      if (index.pid() != 0) {
        throw new ProblemException(
            Problem.unavailable(
                    "index-being-built",
                    "Somebody else builds an index of that name: pid " + index.pid() + ".")
                .at(place.key() + ", " + build.object()));
      }
      if (index.valid()) {
        return true;
      }
    }
    Sql.update(
        tx,
        "insert into copyhold.building (home, name, checksum) values (?, ?, ?)"
            + " on conflict (home, name) do update set checksum = excluded.checksum, built = false,"
            + " at = clock_timestamp()",
        place.key(),
        build.name(),
        build.checksum());
    return false;
  }

  private Watchdog.Watched make(Connection c, Site site, IndexBuild build) throws SQLException {
    Place place = site.place();
    Ddl.owner(c, place, false);
    try {
      IndexDrop drop = new IndexDrop(build.table().schema(), build.name());
      if (found(c, drop.schema(), drop.name()).isPresent()) {
        watchdog.run(c, site, drop);
      }
      return watchdog.run(c, site, build);
    } catch (SQLException e) {
      if (c.isClosed()) {
        throw e;
      }
      boolean gone = tryDrop(c, build);
      if (SqlTrouble.state(e).matches("(08|53|57|58|55|40).*")) {
        throw e;
      }
      throw new ProblemException(refused(c, place, build, gone, e), e);
    } catch (ProblemException e) {
      if (!c.isClosed()) {
        tryDrop(c, build);
      }
      throw e;
    } finally {
      reset(c);
    }
  }

  /**
   * An invalid index costs every write. False when others' transactions keep it from going; then
   * the next attempt drops it, or the undo.
   */
  private boolean tryDrop(Connection c, IndexBuild build) throws SQLException {
    Optional<Found> found = found(c, build.table().schema(), build.name());
    if (found.isEmpty() || found.get().valid()) {
      return true;
    }
    try (Statement s = c.createStatement()) {
      s.execute("set statement_timeout = " + settings.dropLimit().toMillis());
      s.execute(new IndexDrop(build.table().schema(), build.name()).sql());
      return true;
    } catch (SQLException e) {
      if (c.isClosed()) {
        throw e;
      }
      return false;
    } finally {
      if (!c.isClosed()) {
        Sql.run(c, "set statement_timeout = " + store.scriptLimit().toMillis());
      }
    }
  }

  private Problem refused(
      Connection c, Place place, IndexBuild build, boolean gone, SQLException e) {
    String left =
        gone ? "" : " The unfinished index is still there; the next attempt or the undo drops it.";
    String said = "SQLSTATE " + SqlTrouble.state(e) + ": " + SqlTrouble.said(e);
    if (!SqlTrouble.state(e).equals("23505")) {
      return Problem.invalid("ddl-refused", said + '.' + left)
          .at(place.key() + ", " + build.object())
          .todo("Mend the definition of the index, then try again.");
    }
    return Problem.conflict(
            "ddl-violated",
            "Rows are alike in what is to be unique. "
                + Ddl.violating(sessions, c, place, build.table(), alike(build), settings)
                + left)
        .at(place.key() + ", " + build.object())
        .todo("Mend those rows, then try again.");
  }

  /** True for rows whose keys another row has too. */
  private static String alike(IndexBuild build) {
    List<String> keys =
        build.keys().stream()
            .map(k -> k.replaceAll("(?i)\\s+(asc|desc|nulls\\s+(first|last))\\b", ""))
            .toList();
    String list = String.join(", ", keys);
    String where = build.where() == null ? "" : " where " + build.where();
    return (build.where() == null ? "" : '(' + build.where() + ") and ")
        + '('
        + list
        + ") in (select "
        + list
        + " from "
        + build.table().sql()
        + where
        + " group by "
        + keys.stream().collect(Collectors.joining(", "))
        + " having count(*) > 1)";
  }

  DdlResult drop(Site site, IndexDrop drop, Ddl.Entry entry) {
    return without(
        site,
        drop,
        c -> {
          boolean already = found(c, drop.schema(), drop.name()).isEmpty();
          return already ? none() : some(watchdog.run(c, site, drop));
        },
        tx -> {
          shown(tx, site.place(), drop, Fact.noRelation(new TableName(drop.schema(), drop.name())));
          Sql.update(
              tx,
              "delete from copyhold.building where home = ? and name = ?",
              site.place().key(),
              drop.name());
          entry.write(tx);
        });
  }

  DdlResult rebuild(Site site, IndexRebuild rebuild, Ddl.Entry entry) {
    return without(
        site,
        rebuild,
        c -> {
          Found index =
              found(c, rebuild.schema(), rebuild.name())
                  .orElseThrow(() ->
                      new ProblemException(
                          Problem.notFound("index-missing", "There is no such index.")
                              .at(site.place().key() + ", " + rebuild.object())));
          for (String left : leftovers(c, rebuild, index)) {
            watchdog.run(c, site, new IndexDrop(rebuild.schema(), left));
          }
          return some(watchdog.run(c, site, rebuild));
        },
        tx -> {
          Found index = found(tx, rebuild.schema(), rebuild.name()).orElseThrow();
          shown(
              tx,
              site.place(),
              rebuild,
              Fact.validIndex(new TableName(rebuild.schema(), index.table()), rebuild.name()));
          entry.write(tx);
        });
  }

  /** What an interrupted rebuild leaves, by the names that the server gives. */
  private static List<String> leftovers(Connection c, IndexRebuild rebuild, Found index)
      throws SQLException {
    return Sql.strings(
        c,
        "select i.relname from pg_index x join pg_class i on i.oid = x.indexrelid"
            + " join pg_class t on t.oid = x.indrelid join pg_namespace n on n.oid = i.relnamespace"
            + " where n.nspname = ? and t.relname = ? and not x.indisvalid"
            + " and starts_with(i.relname, left(?, 50)) and i.relname ~ '_cc(new|old)[0-9]*$'"
            + " order by 1",
        rebuild.schema(),
        index.table(),
        rebuild.name());
  }

  private static DdlResult none() {
    return new DdlResult(true, 1, Duration.ZERO, List.of());
  }

  private static DdlResult some(Watchdog.Watched watched) {
    return new DdlResult(false, 1, watched.waited(), watched.blockers());
  }

  /** The common frame of what needs no intent: it can be seen whether it is done. */
  private DdlResult without(
      Site site, Change change, Sessions.Work<DdlResult> work, Ddl.Entry after) {
    Place place = site.place();
    return exclusive.run(
        place.database(),
        place,
        site.fence(),
        "changing " + change.object(),
        c -> {
          change(
              c,
              tx -> {
                book.enterReady(tx, place, site.fence(), null);
                return true;
              });
          DdlResult result;
          Ddl.owner(c, place, false);
          try {
            result = work.on(c);
          } catch (SQLException e) {
            if (c.isClosed() || SqlTrouble.state(e).matches("(08|53|57|58|55|40).*")) {
              throw e;
            }
            throw new ProblemException(
                Problem.invalid(
                        "ddl-refused",
                        "SQLSTATE " + SqlTrouble.state(e) + ": " + SqlTrouble.said(e))
                    .at(place.key() + ", " + change.object())
                    .todo("An index of a constraint goes with the constraint."),
                e);
          } finally {
            reset(c);
          }
          change(
              c,
              tx -> {
                book.enterReady(tx, place, site.fence(), null);
                after.write(tx);
                return true;
              });
          return result;
        });
  }

  private <T> T change(Connection c, Sessions.Work<T> work) throws SQLException {
    return sessions.transaction(c, false, store.lockLimit(), work);
  }

  private static void reset(Connection c) throws SQLException {
    if (!c.isClosed()) {
      Sql.run(c, "reset role");
    }
  }

  private static void shown(Connection tx, Place place, Change change, Fact fact)
      throws SQLException {
    if (!fact.holds(tx)) {
      throw new ProblemException(Ddl.notShown(place, change, fact));
    }
  }

  private static Optional<Found> found(Connection c, String schema, String name)
      throws SQLException {
    return Sql.first(
        c,
        "select t.relname, x.indisvalid and x.indisready and x.indislive,"
            + " coalesce((select max(p.pid) from pg_stat_progress_create_index p"
            + " where p.index_relid = i.oid and p.pid <> pg_backend_pid()), 0)"
            + " from pg_index x join pg_class i on i.oid = x.indexrelid"
            + " join pg_class t on t.oid = x.indrelid join pg_namespace n on n.oid = i.relnamespace"
            + " where n.nspname = ? and i.relname = ?",
        r -> new Found(r.getString(1), r.getBoolean(2), r.getInt(3)),
        schema,
        name);
  }
}
