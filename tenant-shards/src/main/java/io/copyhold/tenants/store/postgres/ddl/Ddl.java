package io.copyhold.tenants.store.postgres.ddl;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.isolation.RowPolicies;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.postgres.session.Exclusive;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Pause;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import io.copyhold.tenants.store.postgres.session.SqlTrouble;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Changes a home's structure while it is used, one {@link Change} at a time, as the home's owner.
 * Each may be repeated after whatever became of an earlier attempt. Afterwards the catalog is read
 * back, and what the caller wants to remember is written in the same transaction.
 */
public final class Ddl {
  /** Writes what is to be remembered of a change, in the transaction in which it becomes true. */
  @FunctionalInterface
  public interface Entry {
    Entry NONE = tx -> {};

    void write(Connection tx) throws SQLException;
  }

  private final Sessions sessions;
  private final HomeBook book;
  private final Pause pause;
  private final LockTries tries;
  private final StoreSettings store;
  private final DdlSettings settings;
  private final ConcurrentIndexes indexes;

  /**
   * @param executor index builds run on it while their caller watches them: one thread each
   */
  public Ddl(
      Sessions sessions,
      HomeBook book,
      Pause pause,
      RandomGenerator random,
      Executor executor,
      StoreSettings store,
      DdlSettings settings) {
    this.sessions = sessions;
    this.book = book;
    this.pause = pause;
    this.tries = new LockTries(pause, random);
    this.store = store;
    this.settings = settings;
    this.indexes =
        new ConcurrentIndexes(
            sessions,
            book,
            new Exclusive(sessions, book, pause, store),
            new Watchdog(sessions, executor, pause, settings),
            store,
            settings);
  }

  /**
   * Does it, unless the catalog shows it already.
   *
   * @throws ProblemException {@code lock-wait} (later), {@code ddl-too-long} (later), {@code
   *     ddl-refused}, {@code ddl-violated}, {@code ddl-not-shown}; for indexes see {@link
   *     ConcurrentIndexes}; what a fence says
   */
  public DdlResult apply(Site site, Change change, Entry entry) {
    return switch (change) {
      case DdlStatement statement -> run(site, statement, entry);
      case IndexBuild build -> indexes.build(site, build, entry);
      case IndexDrop drop -> indexes.drop(site, drop, entry);
      case IndexRebuild rebuild -> indexes.rebuild(site, rebuild, entry);
    };
  }

  /** How far the server is with an index of that table; empty when it builds none. */
  public Optional<IndexProgress> progress(Place place, TableName table) {
    return sessions.read(place.database(), "watching an index", c -> IndexProgress.of(c, table));
  }

  private DdlResult run(Site site, DdlStatement statement, Entry entry) {
    Place place = site.place();
    String where = place.key() + ", " + statement.object();
    String doing = "changing " + statement.object();
    LockTries.Done<Boolean> done =
        tries.run(
            site.locks(),
            where,
            statement.locks().isEmpty() ? "" : ' ' + Blockers.names(statement.locks()),
            wait ->
                sessions.session(
                    place.database(),
                    doing,
                    c ->
                        Sessions.stoppable(
                            c, site.fence(), () -> attempt(c, site, statement, entry, wait))));
    return new DdlResult(done.result(), done.attempts(), done.waited(), done.blockers());
  }

  /** True when it was done already. */
  private boolean attempt(
      Connection c, Site site, DdlStatement statement, Entry entry, Duration wait)
      throws SQLException {
    Duration limit =
        statement.weight() == DdlStatement.Weight.CATALOG
            ? wait.plus(settings.catalogLimit())
            : store.scriptLimit();
    c.setNetworkTimeout(Runnable::run, Sessions.millis(limit.plusMinutes(1)));
    Instant begun = pause.clock().instant();
    try {
      return sessions.transaction(
          c,
          false,
          wait,
          tx -> {
            book.enterReady(tx, site.place(), site.fence(), null);
            boolean already =
                !statement.afterwards().isEmpty() && Fact.all(tx, statement.afterwards());
            if (!already) {
              act(tx, site.place(), statement, wait, limit);
            }
            entry.write(tx);
            return already;
          });
    } catch (SQLException e) {
      if (c.isClosed()) {
        throw e;
      }
      if (SqlTrouble.lockWait(e)) {
        throw waited(c, site, statement, e);
      }
      if (SqlTrouble.state(e).equals("57014")
          && statement.weight() == DdlStatement.Weight.CATALOG
          && Duration.between(begun, pause.clock().instant()).compareTo(limit) >= 0) {
        throw new ProblemException(
            Problem.unavailable(
                    "ddl-too-long",
                    "A change of the catalog alone was stopped after "
                        + settings.catalogLimit().toMillis()
                        + " ms: it held "
                        + Blockers.names(statement.locks())
                        + ".")
                .at(site.place().key() + ", " + statement.object())
                .todo("It is tried again; if it reads or rewrites the table, it must say so."),
            e);
      }
      if (SqlTrouble.state(e).matches("(08|53|57|58|55|40).*")) {
        throw e;
      }
      throw new ProblemException(refused(c, site, statement, e), e);
    }
  }

  private void act(
      Connection tx, Place place, DdlStatement statement, Duration wait, Duration limit)
      throws SQLException {
    boolean pool = place.isolation() == Isolation.POOL;
    owner(tx, place, true);
    Sessions.limits(tx, wait, limit);
    try (Statement s = tx.createStatement()) {
      s.setEscapeProcessing(false);
      s.execute(statement.sql());
    }
    if (pool) {
      RowPolicies.cover(tx, place);
    }
    Sql.run(tx, "reset role");
    Sessions.limits(tx, wait, store.statementLimit());
    for (Fact fact : statement.afterwards()) {
      if (!fact.holds(tx)) {
        throw new ProblemException(notShown(place, statement, fact));
      }
    }
  }

  /** Acts as the home's owner from here, who sees all rows of a pool. */
  static void owner(Connection c, Place place, boolean local) throws SQLException {
    Sql.first(
        c,
        "select set_config('role', ?, ?), set_config('search_path', ?, ?),"
            + " set_config('copyhold.migrating', ?, ?)",
        r -> true,
        place.owner(),
        local,
        quote(place.schema()),
        local,
        place.isolation() == Isolation.POOL ? "on" : "off",
        local);
  }

  private static LockTries.Waited waited(
      Connection c, Site site, DdlStatement statement, SQLException e) throws SQLException {
    List<Blocker> exact = Blockers.of(c, statement.locks());
    if (exact.isEmpty()) { // of an object that the statement does not name, or of our own book
      return new LockTries.Waited(Blockers.inHome(c, site.place()), e);
    }
    List<Blocker> acted = Blockers.act(c, exact, site.blockers());
    return new LockTries.Waited(acted, window(c, acted, site.blockers()), e);
  }

  /** What a worker that nobody may cancel gives way to: the server ends it itself then. */
  private static @Nullable Duration window(
      Connection c, List<Blocker> blockers, BlockerPolicy policy) throws SQLException {
    boolean vacuum =
        blockers.stream()
            .anyMatch(b ->
                b.kind() == Blocker.Kind.VACUUM_HIDDEN
                    || (b.kind() == Blocker.Kind.AUTOVACUUM && !b.ended().equals("cancelled")));
    if (!vacuum || !policy.vacuumWindow()) {
      return null;
    }
    return Sql.first(
            c,
            "select extract(epoch from current_setting('deadlock_timeout')::interval) * 1000",
            r -> Duration.ofMillis(r.getLong(1) + 500))
        .orElseThrow();
  }

  private Problem refused(Connection c, Site site, DdlStatement statement, SQLException e) {
    Place place = site.place();
    Violations rows = statement.violations();
    String said = "SQLSTATE " + SqlTrouble.state(e) + ": " + SqlTrouble.said(e);
    if (rows == null || !SqlTrouble.state(e).startsWith("23")) {
      return Problem.invalid("ddl-refused", said)
          .at(place.key() + ", " + statement.object())
          .todo("Nothing of the statement was kept. Mend it, then try again.");
    }
    return Problem.conflict(
            "ddl-violated", said + ". " + violating(c, place, rows.table(), rows.predicate()))
        .at(place.key() + ", " + statement.object())
        .todo("Mend those rows, then try again.");
  }

  private String violating(Connection c, Place place, TableName table, String predicate) {
    return violating(sessions, c, place, table, predicate, settings);
  }

  /** "Rows in the way: …", or why they could not be found. */
  static String violating(
      Sessions sessions,
      Connection c,
      Place place,
      TableName table,
      String predicate,
      DdlSettings settings) {
    try {
      List<String> rows =
          sessions.transaction(
              c,
              true,
              settings.violationsLimit(),
              tx -> {
                Sessions.limits(tx, settings.violationsLimit(), settings.violationsLimit());
                owner(tx, place, true);
                return Rows.where(tx, table, predicate, settings.violationsMax() + 1);
              });
      if (rows.isEmpty()) {
        return "The rows in the way have gone meanwhile.";
      }
      boolean more = rows.size() > settings.violationsMax();
      return "Rows in the way: "
          + String.join("; ", more ? rows.subList(0, settings.violationsMax()) : rows)
          + (more ? "; and more." : ".");
    } catch (SQLException e) {
      return "The rows in the way were not found (SQLSTATE " + SqlTrouble.state(e) + ").";
    }
  }

  static Problem notShown(Place place, Change change, Fact fact) {
    return Problem.conflict(
            "ddl-not-shown", "The catalog does not show what was meant: " + fact.says() + ".")
        .at(place.key() + ", " + change.object())
        .todo("Mend the statement, or what it is expected to do.");
  }
}
