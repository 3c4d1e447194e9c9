package io.copyhold.tenants.store.postgres;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.isolation.Preflight;
import io.copyhold.tenants.isolation.RowPolicies;
import io.copyhold.tenants.store.Applied;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.LedgerRow;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.postgres.ddl.Blockers;
import io.copyhold.tenants.store.postgres.ddl.LockTries;
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
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.ServerErrorMessage;

/** Runs a script and its row in the ledger as one transaction, as the home's owner. */
final class Scripts {
  private final Sessions sessions;
  private final HomeBook book;
  private final Pause pause;
  private final LockTries tries;
  private final StoreSettings settings;

  Scripts(
      Sessions sessions,
      HomeBook book,
      Pause pause,
      RandomGenerator random,
      StoreSettings settings) {
    this.sessions = sessions;
    this.book = book;
    this.pause = pause;
    this.tries = new LockTries(pause, random);
    this.settings = settings;
  }

  Applied apply(Place place, Script script, Fence fence, LockPolicy locks) {
    return run(place, script, fence, locks, false);
  }

  /** The way back: the script's row goes in the same transaction. */
  Applied undo(Place place, Script script, Fence fence, LockPolicy locks) {
    if (script.outsideTransaction()) {
      throw new ProblemException(
          Problem.invalid("script-refused", "A way back runs in a transaction.")
              .at(script.file())
              .todo("Remove its first line; DROP INDEX needs no CONCURRENTLY on the way back."));
    }
    return run(place, script, fence, locks, true);
  }

  private Applied run(Place place, Script script, Fence fence, LockPolicy locks, boolean back) {
    SqlScript parts = SqlScript.parse(script.sql());
    parts
        .refusal()
        .ifPresent(r -> {
          throw new ProblemException(refused(parts, script, r));
        });
    return tries
        .run(
            locks,
            place.key() + ", " + script.file(),
            "",
            wait ->
                sessions.session(
                    place.database(),
                    "applying " + script.file(),
                    c ->
                        Sessions.stoppable(
                            c, fence, () -> attempt(c, place, script, parts, fence, wait, back))))
        .result();
  }

  private Applied attempt(
      Connection c,
      Place place,
      Script script,
      SqlScript parts,
      Fence fence,
      Duration lockWait,
      boolean back)
      throws SQLException {
    // a script may work for hours without a byte from the server
    c.setNetworkTimeout(Runnable::run, Sessions.millis(settings.scriptLimit().plusMinutes(1)));
    try {
      return sessions.transaction(
          c,
          false,
          lockWait,
          tx -> {
            book.enterReady(tx, place, fence, null);
            HomeBook.Standing standing = book.standing(tx, place, script.position());
            Optional<Applied> already =
                back ? gone(standing, place, script) : already(standing, place, script);
            return already.isPresent()
                ? already.get()
                : run(tx, place, script, parts, fence, lockWait, standing.tenant(), back);
          });
    } catch (SQLException e) {
      if (SqlTrouble.lockWait(e) && !c.isClosed()) {
        // perhaps it waits for the orphan of an attempt whose node is gone
        Exclusive.endOlder(c, place, fence);
        throw new LockTries.Waited(Blockers.inHome(c, place), e);
      }
      throw e;
    } finally {
      clean(c);
    }
  }

  /** What the ledger says: done, or not yet and its turn; else a problem. */
  Optional<Applied> already(HomeBook.Standing standing, Place place, Script script) {
    if (standing.row().isPresent()) {
      LedgerRow found = standing.row().get();
      if (!found.baseline() && !found.checksum().equals(script.checksum())) {
        throw new ProblemException(
            Problem.conflict(
                    "checksum-changed",
                    "Another "
                        + found.file()
                        + " was applied on "
                        + found.at()
                        + ": it has been changed since.")
                .at(place.key() + ", " + script.file())
                .todo("Restore the file, and put the change into a new version."));
      }
      return Optional.of(new Applied(true, found.millis()));
    }
    if (!standing.changelog().equals(script.changelog())) {
      throw new ProblemException(
          Problem.conflict(
                  "other-changelog", "The home follows changelog " + standing.changelog() + ".")
              .at(place.key() + ", " + script));
    }
    int last = standing.position();
    if (script.position() <= last) {
      return Optional.of(new Applied(true, 0)); // part of the baseline
    }
    if (script.position() != last + 1) {
      throw new ProblemException(
          Problem.conflict(
                  "out-of-order",
                  "The home is at position " + last + ", so " + (last + 1) + " comes next.")
              .at(place.key() + ", " + script)
              .todo("Apply the scripts before it first."));
    }
    return Optional.empty();
  }

  /** What the ledger says of a way back: gone already, or its turn; else a problem. */
  static Optional<Applied> gone(HomeBook.Standing standing, Place place, Script script) {
    int last = standing.position();
    if (last < script.position()) {
      return Optional.of(new Applied(true, 0));
    }
    boolean baseline = standing.row().isEmpty() || standing.row().get().baseline();
    if (last > script.position() || baseline) {
      throw new ProblemException(
          Problem.conflict(
                  baseline ? "baseline" : "out-of-order",
                  baseline
                      ? "The home came with version " + script.version() + "."
                      : "The home is at position " + last + ", which goes first.")
              .at(place.key() + ", " + script)
              .todo(
                  baseline
                      ? "There is nothing before it to go back to."
                      : "Take back the later versions first."));
    }
    return Optional.empty();
  }

  private Applied run(
      Connection c,
      Place place,
      Script script,
      SqlScript parts,
      Fence fence,
      Duration lockWait,
      String tenant,
      boolean back)
      throws SQLException {
    Instant begun = pause.clock().instant();
    boolean pool = place.isolation() == Isolation.POOL;
    Sql.first(
        c,
        "select set_config('role', ?, true), set_config('search_path', ?, true),"
            + " set_config('copyhold.migrating', ?, true), set_config('copyhold.as_tenant', ?, true),"
            + " set_config('copyhold.version', 'base', true),"
            + " set_config('lock_timeout', ?, true), set_config('statement_timeout', ?, true),"
            + " set_config('application_name', ?, true)",
        r -> true,
        place.owner(),
        quote(place.schema()),
        pool ? "on" : "off",
        tenant,
        lockWait.toMillis() + "ms",
        settings.scriptLimit().toMillis() + "ms",
        Exclusive.name(place, fence));
    try (Statement s = c.createStatement()) {
      s.setEscapeProcessing(false);
      for (SqlScript.Part part : parts.parts()) {
        execute(s, part, parts, place, script);
      }
      execute(
          s,
          new SqlScript.Part("set constraints all immediate", script.sql().length(), List.of()),
          parts,
          place,
          script);
    }
    stillOwner(c, place, script, lockWait);
    if (pool) {
      RowPolicies.cover(c, place);
    }
    Sql.run(c, "reset role");
    if (pool) {
      List<Problem> broken = Preflight.check(c, place);
      if (!broken.isEmpty()) {
        throw new ProblemException(broken(place, script, broken));
      }
    }
    long millis = Duration.between(begun, pause.clock().instant()).toMillis();
    if (back) {
      book.unrecord(c, place, script.position());
    } else {
      book.record(c, place, script, fence.key(), millis, false);
    }
    return new Applied(false, millis);
  }

  private static void execute(
      Statement s, SqlScript.Part part, SqlScript parts, Place place, Script script)
      throws SQLException {
    try {
      s.execute(part.text());
      while (s.getMoreResults() || s.getUpdateCount() != -1) {
        // rows that a script selects are for nobody
      }
    } catch (SQLException e) {
      String state = SqlTrouble.state(e);
      // 57014: our own limit or the operator's cancel; 42501 is the file's fault here, the owner
      // may do all it needs
      if (!state.matches("(08|53|57|58|55P03|55006|40).*")) {
        throw new ProblemException(failed(place, script, parts, part, e));
      }
      throw e;
    }
  }

  /**
   * A file could end its transaction or change the role inside a function, where nobody reads it.
   * Our own limits hold again from here.
   */
  private void stillOwner(Connection c, Place place, Script script, Duration lockWait)
      throws SQLException {
    boolean still =
        Sql.first(
                c,
                "select current_user = ?, set_config('lock_timeout', ?, true),"
                    + " set_config('statement_timeout', ?, true)",
                r -> r.getBoolean(1),
                place.owner(),
                lockWait.toMillis() + "ms",
                settings.statementLimit().toMillis() + "ms")
            .orElse(false);
    if (!still) {
      throw new ProblemException(
          Problem.conflict("script-refused", "The file changed the role it runs as.")
              .at(place.key() + ", " + script.file())
              .todo("Remove that statement."));
    }
  }

  static Problem refused(SqlScript parts, Script script, SqlScript.Refusal r) {
    String start = r.part().text().lines().findFirst().orElse("");
    return Problem.invalid("script-refused", "The statement " + r.reason() + ": " + clip(start))
        .at(script.file() + ", line " + parts.line(r.part().offset()))
        .todo("Take the statement out of the file.");
  }

  static Problem failed(
      Place place, Script script, SqlScript parts, SqlScript.Part part, SQLException e) {
    @Nullable ServerErrorMessage server = SqlTrouble.server(e);
    int position = server == null ? 0 : server.getPosition();
    int offset = part.offset() + Math.max(0, position - 1);
    return Problem.invalid(
            "script-failed", "SQLSTATE " + SqlTrouble.state(e) + ": " + SqlTrouble.said(e))
        .at(
            place.key()
                + ", "
                + script.file()
                + ", line "
                + parts.line(offset)
                + (position > 0 ? ", column " + parts.column(offset) : ""))
        .todo("Nothing of the file was kept. Mend it in the changelog, then try again.");
  }

  static Problem broken(Place place, Script script, List<Problem> broken) {
    Problem first = broken.getFirst();
    return Problem.invalid(
            "isolation-broken",
            first.what()
                + " ["
                + first.code()
                + "]"
                + (broken.size() > 1
                    ? " And " + (broken.size() - 1) + " more: " + codes(broken)
                    : ""))
        .at(first.where() + ", " + script.file())
        .todo(first.todo() == null ? "Mend the file." : first.todo());
  }

  private static String codes(List<Problem> broken) {
    return String.join(
        ", ", broken.stream().skip(1).limit(10).map(p -> p.code() + " " + p.where()).toList());
  }

  private static String clip(String text) {
    return text.length() <= 80 ? text : text.substring(0, 80) + "…";
  }

  /** What a script set for its session must not meet the next user of the connection. */
  private void clean(Connection c) throws SQLException {
    if (!c.isClosed()) {
      try (Statement s = c.createStatement()) {
        s.execute(
            "reset all; reset role; set statement_timeout = "
                + settings.statementLimit().toMillis());
      }
    }
  }
}
