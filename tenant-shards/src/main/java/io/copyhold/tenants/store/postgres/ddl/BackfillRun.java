package io.copyhold.tenants.store.postgres.ddl;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Pause;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import io.copyhold.tenants.store.postgres.session.SqlTrouble;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One attempt at a backfill.
 *
 * <ol>
 *   <li>Ask what the operator wants, then what the server can bear.
 *   <li>A chunk: let the fence pass, find where it ends, write it, move the ledger, commit.
 *   <li>One that took too long, or met somebody's lock, is halved. One whose values fail is halved
 *       until the row is found; it is skipped and listed, or it stops the backfill.
 *   <li>At the end of the table see whether the condition is still true for a row; then once more.
 * </ol>
 */
final class BackfillRun {
  /** A row's own fault: data, constraints, what a trigger or function raises, limits of a row. */
  private static final String DATA = "(21|22|23|38|39|44|54|P0).*";

  /** Comes later: connections, resources, cancelled, conflicts. */
  private static final String LATER = "(08|40|53|55|57|58|XX).*";

  private final Sessions sessions;
  private final HomeBook book;
  private final Pause pause;
  private final RandomGenerator random;
  private final BackfillSettings settings;
  private final Place place;
  private final String claim;
  private final Fence fence;
  private final Backfill spec;
  private final BackfillBook ledger;
  private final Throttle throttle;
  private final Control control;
  private final Instant begun;
  private Instant looked = Instant.MIN;
  private @Nullable List<String> tried;
  private boolean weary;
  private int suspects;
  private int tries;
  private long before;

  BackfillRun(
      Sessions sessions,
      HomeBook book,
      Pause pause,
      RandomGenerator random,
      BackfillSettings settings,
      Place place,
      String claim,
      Fence fence,
      Backfill spec,
      BackfillBook ledger,
      Throttle throttle,
      Control control) {
    this.sessions = sessions;
    this.book = book;
    this.pause = pause;
    this.random = random;
    this.settings = settings;
    this.place = place;
    this.claim = claim;
    this.fence = fence;
    this.spec = spec;
    this.ledger = ledger;
    this.throttle = throttle;
    this.control = control;
    this.begun = pause.clock().instant();
  }

  /** Told to stop between two chunks. */
  private static final class Halt extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String reason;

    Halt(String reason) {
      super(reason, null, false, false);
      this.reason = reason;
    }
  }

  BackfillOutcome run(Connection c, BackfillBook.Row from) throws SQLException {
    c.setNetworkTimeout(
        Runnable::run,
        Sessions.millis(settings.checkLimit().plus(settings.chunkLimit()).plusMinutes(1)));
    ChunkSize chunks = new ChunkSize(from.chunkRows(), settings.rowsMin());
    before = from.done();
    BackfillBook.Row row = from;
    try {
      while (!row.finished()) {
        Control.Tuning tuning = ask(row);
        hold(c, row);
        row = row.over() ? endOfPass(c, row) : chunk(c, row, tuning, chunks);
      }
      return new BackfillOutcome.Finished(now(row));
    } catch (Halt e) {
      return new BackfillOutcome.Halted(now(row), e.reason);
    }
  }

  private Control.Tuning ask(BackfillBook.Row row) {
    return switch (control.next(now(row))) {
      case Control.Order.Go go -> go.tuning();
      case Control.Order.Halt halt -> throw new Halt(halt.reason());
    };
  }

  /** Holds back while the server's signals say so. */
  private void hold(Connection c, BackfillBook.Row row) throws SQLException {
    Instant now = pause.clock().instant();
    if (looked != Instant.MIN
        && Duration.between(looked, now).compareTo(settings.throttleEvery()) < 0) {
      return;
    }
    Instant since = now;
    while (true) {
      Optional<Throttle.Hold> hold = throttle.look(c, spec.table());
      if (hold.isEmpty()) {
        weary = false;
        break;
      }
      Duration held = Duration.between(since, pause.clock().instant());
      weary |= hold.get().goOn() && held.compareTo(hold.get().atMost()) >= 0;
      if (hold.get().goOn() && weary) {
        break; // heeded long enough, until it has ended once
      }
      if (held.compareTo(hold.get().atMost()) >= 0) {
        throw new ProblemException(
            Problem.unavailable(
                    "backfill-throttled",
                    "It has held back for " + held.toSeconds() + " s: " + hold.get().why())
                .at(where())
                .todo("It goes on where it is; mend what holds it back."));
      }
      pause.pause(settings.throttlePoll());
      ask(row);
    }
    looked = pause.clock().instant();
  }

  private BackfillBook.Row chunk(
      Connection c, BackfillBook.Row row, Control.Tuning tuning, ChunkSize chunks)
      throws SQLException {
    int max = tuning.rowsMax() == 0 ? settings.rowsMax() : tuning.rowsMax();
    int rows = suspects > 0 ? Math.max(1, suspects / 2) : Math.min(chunks.rows(), max);
    Duration target = tuning.target().isZero() ? settings.target() : tuning.target();
    Instant start = pause.clock().instant();
    try {
      Step step = transaction(c, tx -> write(tx, row, rows, chunks.rows()));
      Duration took = Duration.between(start, pause.clock().instant());
      tries = 0;
      if (suspects > 0) {
        suspects -= rows;
      } else if (step.full()) {
        chunks.took(rows, took, Backfills.least(target, settings.chunkLimit()), max);
      }
      if (tuning.rest() > 0) {
        pause.pause(Duration.ofNanos((long) (took.toNanos() * tuning.rest())));
      }
      return step.row();
    } catch (SQLException e) {
      if (c.isClosed()) {
        throw e;
      }
      Duration took = Duration.between(start, pause.clock().instant());
      return failed(c, row, rows, took, chunks, e);
    }
  }

  /** Where a chunk leaves the ledger; {@code full} when it had as many rows as it was to have. */
  private record Step(BackfillBook.Row row, boolean full) {}

  private Step write(Connection tx, BackfillBook.Row row, int rows, int next) throws SQLException {
    book.enterReady(tx, place, fence, null);
    List<String> upper = row.upper();
    if (upper == null) {
      return new Step(nextPart(tx, row, row), false);
    }
    Backfills.act(tx, place, claim, spec);
    Walk walk = new Walk(spec, row);
    Walk.Piece piece = walk.next(tx, row.lower(), upper, rows);
    tried = piece.to();
    int written = walk.write(tx, piece);
    Sql.run(tx, "reset role");
    BackfillBook.Row after =
        row.at(row.part(), row.pass(), piece.to(), upper).plus(written, 0, next);
    if (piece.last()) {
      return new Step(nextPart(tx, row, after), false);
    }
    ledger.move(tx, row, after);
    return new Step(after, true);
  }

  /** To the part that follows, whose end is fixed now. */
  private BackfillBook.Row nextPart(Connection tx, BackfillBook.Row from, BackfillBook.Row after)
      throws SQLException {
    BackfillBook.Row next = after.at(after.part() + 1, after.pass(), null, null);
    if (!next.over()) {
      Backfills.act(tx, place, claim, spec);
      next = next.at(next.part(), next.pass(), null, new Walk(spec, next).upper(tx));
      Sql.run(tx, "reset role");
    }
    if (next.over() && spec.pending() == null) {
      next = next.end();
    }
    ledger.move(tx, from, next);
    return next;
  }

  /** Once through: rows that came meanwhile, or moved, are found by the condition. */
  private BackfillBook.Row endOfPass(Connection c, BackfillBook.Row row) throws SQLException {
    List<String> left =
        sessions.transaction(
            c,
            true,
            settings.lockLimit(),
            tx -> {
              Sessions.limits(tx, settings.lockLimit(), settings.checkLimit());
              Set<List<String>> skipped = new HashSet<>();
              ledger.skipped(tx).forEach(s -> skipped.add(s.key()));
              Backfills.act(tx, place, claim, spec);
              return left(tx, row, skipped);
            });
    if (!left.isEmpty() && row.pass() >= settings.passesMax()) {
      throw new ProblemException(
          Problem.conflict(
                  "backfill-left",
                  "Rows are still to be done after "
                      + row.pass()
                      + " times through the table: "
                      + String.join("; ", left))
              .at(where())
              .todo("Let a trigger fill them in when they are written, or mend the condition."));
    }
    return transaction(
        c,
        tx -> {
          book.enterReady(tx, place, fence, null);
          BackfillBook.Row next = row.end();
          if (!left.isEmpty()) {
            BackfillBook.Row first = row.at(0, row.pass() + 1, null, null);
            Backfills.act(tx, place, claim, spec);
            next = first.at(0, first.pass(), null, new Walk(spec, first).upper(tx));
            Sql.run(tx, "reset role");
          }
          ledger.move(tx, row, next);
          return next;
        });
  }

  private List<String> left(Connection tx, BackfillBook.Row row, Set<List<String>> skipped)
      throws SQLException {
    List<String> names = new ArrayList<>();
    for (String part : row.parts()) {
      for (List<String> key : new Walk(spec, row.key(), part).left(tx, skipped.size() + 3)) {
        if (!skipped.contains(key)) {
          names.add(Rows.name(row.key().columns(), key));
        }
      }
    }
    return names;
  }

  private BackfillBook.Row failed(
      Connection c, BackfillBook.Row row, int rows, Duration took, ChunkSize chunks, SQLException e)
      throws SQLException {
    String state = SqlTrouble.state(e);
    if (state.matches(DATA)) {
      if (rows > 1) {
        suspects = rows;
        return row;
      }
      suspects = 0;
      return transaction(c, tx -> poison(tx, row, e));
    }
    if (state.equals("57014") && took.compareTo(settings.chunkLimit()) >= 0) {
      if (rows == 1) {
        throw new ProblemException(
            Problem.unavailable(
                    "backfill-too-slow",
                    "A single row took longer than "
                        + settings.chunkLimit().toMillis()
                        + " ms: the one after "
                        + (row.lower() == null
                            ? "the beginning"
                            : Rows.name(row.key().columns(), row.lower())))
                .at(where())
                .todo("It is tried again; give the expression an index, or make it cheaper."),
            e);
      }
      shrink(rows, chunks);
      return row;
    }
    if (SqlTrouble.lockWait(e) || state.equals("40001")) {
      if (++tries >= settings.lockTries()) {
        throw new ProblemException(
            Problem.unavailable(
                    "lock-wait",
                    "No lock on the next rows in "
                        + tries
                        + " tries: "
                        + Blocker.list(Blockers.inHome(c, place)))
                .at(where())
                .todo("It is tried again; end those sessions, or choose a quieter time."),
            e);
      }
      shrink(rows, chunks);
      pause.pause(Duration.ofMillis(random.nextLong(settings.lockLimit().toMillis() / 2 + 1) + 1));
      return row;
    }
    if (state.matches(LATER)) {
      throw e;
    }
    throw new ProblemException(
        Problem.invalid("backfill-refused", "SQLSTATE " + state + ": " + SqlTrouble.said(e))
            .at(where())
            .todo("Mend the expression or the condition."),
        e);
  }

  private void shrink(int rows, ChunkSize chunks) {
    if (suspects > 0) {
      suspects = Math.max(1, rows); // the half of it comes next
    } else {
      chunks.halve();
    }
  }

  /** The one row that fails: listed and passed by, or the end. */
  private BackfillBook.Row poison(Connection tx, BackfillBook.Row row, SQLException e)
      throws SQLException {
    book.enterReady(tx, place, fence, null);
    List<String> key = Objects.requireNonNull(tried); // another may have come before it since
    String state = SqlTrouble.state(e);
    BackfillBook.Skipped poison =
        new BackfillBook.Skipped(row.table(), key, state, SqlTrouble.said(e));
    boolean fresh = ledger.skip(tx, poison);
    if (row.skipped() + (fresh ? 1 : 0) > Math.min(spec.skipMax(), settings.skipMax())) {
      throw new ProblemException(
          Problem.conflict(
                  "backfill-poison",
                  "The values of a row fail with SQLSTATE "
                      + state
                      + ": "
                      + Rows.name(row.key().columns(), key)
                      + (row.skipped() > 0 ? ", after " + row.skipped() + " that were skipped" : "")
                      + ".")
              .at(where())
              .todo("Mend the row or the expression, or allow to skip rows and list them."),
          e);
    }
    BackfillBook.Row after =
        row.at(row.part(), row.pass(), key, row.upper()).plus(0, fresh ? 1 : 0, row.chunkRows());
    ledger.move(tx, row, after);
    return after;
  }

  private <T> T transaction(Connection c, Sessions.Work<T> work) throws SQLException {
    return sessions.transaction(
        c,
        false,
        settings.lockLimit(),
        tx -> {
          Sessions.limits(tx, settings.lockLimit(), settings.chunkLimit());
          return work.on(tx);
        });
  }

  private String where() {
    return place.key() + ", " + spec.table() + (claim.isEmpty() ? "" : ", tenant " + claim);
  }

  private BackfillProgress now(BackfillBook.Row row) {
    double seconds = Duration.between(begun, pause.clock().instant()).toNanos() / 1e9;
    double pace = seconds <= 0 ? 0 : (row.done() - before) / seconds;
    long left = Math.max(0, row.expected() - row.done());
    return progress(row, pace, pace <= 0 ? null : Duration.ofMillis((long) (left / pace * 1000)));
  }

  static BackfillProgress progress(
      BackfillBook.Row row, double rowsPerSecond, @Nullable Duration remaining) {
    return new BackfillProgress(
        row.finished(),
        row.done(),
        row.skipped(),
        row.expected(),
        row.chunkRows(),
        row.pass(),
        rowsPerSecond,
        row.finished() ? Duration.ZERO : remaining);
  }
}
