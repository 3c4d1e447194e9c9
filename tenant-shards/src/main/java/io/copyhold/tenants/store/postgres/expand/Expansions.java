package io.copyhold.tenants.store.postgres.expand;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.document.Change;
import io.copyhold.tenants.document.Document;
import io.copyhold.tenants.document.Documents;
import io.copyhold.tenants.document.Reversal;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.isolation.Preflight;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.postgres.ddl.Backfill;
import io.copyhold.tenants.store.postgres.ddl.BackfillOutcome;
import io.copyhold.tenants.store.postgres.ddl.Backfills;
import io.copyhold.tenants.store.postgres.ddl.BlockerPolicy;
import io.copyhold.tenants.store.postgres.ddl.Control;
import io.copyhold.tenants.store.postgres.ddl.Ddl;
import io.copyhold.tenants.store.postgres.ddl.Site;
import io.copyhold.tenants.store.postgres.ddl.Throttle;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Takes homes from one schema version to the next while clients of both read and write, and back.
 *
 * <ol>
 *   <li>{@link #start} makes what the new version needs, fills it, and lets clients speak it:
 *       <em>both</em>.
 *   <li>{@link #complete} refuses clients of the old version, whose columns are kept current:
 *       <em>completed</em>.
 *   <li>{@link #finish} drops what only the old version had: <em>finalized</em>. Until then {@link
 *       #reverse} takes the change back, and what clients wrote through either version stays.
 * </ol>
 *
 * <p>Each may be called again after a crash at any point and goes on where the book of the home
 * says. Changes may be open one upon the other; the oldest completes first, the newest is taken
 * back first.
 */
public final class Expansions {
  /**
   * Versions that may be live in a home at once: each costs a column per altered column, and time
   * per write.
   */
  public static final int VERSIONS_MAX = 3;

  private final Sessions sessions;
  private final HomeBook book;
  private final Ddl ddl;
  private final Backfills backfills;

  public Expansions(Sessions sessions, HomeBook book, Ddl ddl, Backfills backfills) {
    this.sessions = sessions;
    this.book = book;
    this.ddl = ddl;
    this.backfills = backfills;
  }

  /**
   * Who changes which home, and how patiently.
   *
   * @param throttle when backfills hold back
   * @param control what an operator wants of a backfill
   */
  public record Errand(
      Place home,
      Fence fence,
      LockPolicy locks,
      BlockerPolicy blockers,
      Throttle throttle,
      Control control) {
    /** Half a minute of patience for each lock, nobody is ended, and backfills never hold back. */
    public static Errand of(Place home, Fence fence) {
      return new Errand(
          home, fence, LockPolicy.DEFAULT, BlockerPolicy.WAIT, Throttle.NONE, Control.NONE);
    }

    Site site() {
      return new Site(home, fence, locks, blockers);
    }
  }

  /** Where a home stands: its changes from the first, and what clients may speak. */
  public record Standing(List<Entry> changes, List<String> live) {
    /** One change. */
    public record Entry(int number, String name, String before, String version, State state) {}
  }

  public Standing standing(Place home) {
    return sessions.read(
        home.database(),
        "reading the versions",
        c ->
            new Standing(
                Ledger.rows(c, home).stream()
                    .map(r ->
                        new Standing.Entry(
                            r.number(),
                            r.document().name(),
                            r.before(),
                            r.document().version(),
                            r.state()))
                    .toList(),
                Ledger.live(c, home)));
  }

  /** The schema with a version's views. */
  public static String schema(Place home, String version) {
    return Made.views(home, version);
  }

  /** What all phases of the document would do to the home as it is; changes nothing. */
  public List<Plan> plan(Place home, Document document) {
    return sessions.read(
        home.database(),
        "planning",
        c -> {
          List<Ledger.Row> open = Ledger.open(c, home);
          List<Link> chain = new ArrayList<>(Ledger.chain(open));
          int number = Ledger.rows(c, home).size() + 1;
          for (Ledger.Row row : open) {
            if (row.document().name().equals(document.name())) {
              number = row.number();
            }
          }
          int known = number;
          Optional<Link> there = chain.stream().filter(l -> l.number() == known).findFirst();
          Link link =
              there.orElseGet(
                  () -> Fold.of(known, last(chain).orElseGet(() -> base(c, home)), document));
          if (there.isEmpty()) {
            chain.add(link);
          }
          Renderer renderer = new Renderer(home, chain, link);
          return List.of(Phase.START, Phase.FILL, Phase.COMPLETE, Phase.FINALIZE, Phase.REVERSE)
              .stream()
              .map(renderer::plan)
              .toList();
        });
  }

  private static Optional<Layout> last(List<Link> chain) {
    return chain.isEmpty() ? Optional.empty() : Optional.of(chain.getLast().to());
  }

  private static Layout base(Connection c, Place home) {
    try {
      String version =
          Ledger.version(c, home).orElseThrow(() -> new ProblemException(HomeBook.missing(home)));
      return Layout.plain(version, Catalog.read(c, home.schema()));
    } catch (SQLException e) {
      throw new IllegalStateException("the catalog of " + home.key() + " cannot be read", e);
    }
  }

  /**
   * Shows the home's present version by views, so that clients can begin to speak it. Without any
   * view clients use the tables; they have to speak a version before the first change starts.
   *
   * @return the version
   */
  public String open(Errand errand) {
    Place home = errand.home();
    Optional<String> shown =
        sessions.read(home.database(), "looking for versions", c -> shown(c, home));
    if (shown.isPresent()) {
      return shown.get();
    }
    return sessions.change(
        home.database(),
        "showing the version",
        errand.fence(),
        c -> {
          book.enterReady(c, home, errand.fence(), null);
          Layout base = base(c, home);
          Ledger.live(c, home, base.version());
          show(c, home, Views.schema(home, base.version()), Views.render(home, base, Map.of()));
          return base.version();
        });
  }

  /** The newest version that has views. */
  private static Optional<String> shown(Connection c, Place home) throws SQLException {
    return Sql.first(
        c,
        "select version from copyhold.version where home = ? and live order by at desc limit 1",
        r -> r.getString(1),
        home.key());
  }

  /**
   * Takes the home to <em>both</em>. The same document again goes on where it stopped, and does
   * nothing when it is there.
   *
   * @throws ProblemException among others {@code change-open} when an earlier one is not in a
   *     stable state, {@code versions-max}, {@code version-exists}, what {@link Fold} refuses, and
   *     what the steps say
   */
  public void start(Errand errand, Document document) {
    open(errand);
    Place home = errand.home();
    String doing = "beginning " + document.name();
    Optional<Integer> begun =
        sessions.read(home.database(), doing, c -> begun(home, document, Ledger.open(c, home)));
    int number =
        begun.isPresent()
            ? begun.get()
            : sessions.change(
                home.database(),
                doing,
                errand.fence(),
                c -> {
                  book.enterReady(c, home, errand.fence(), null);
                  return begin(c, home, document);
                });
    run(errand, number, Phase.START);
    run(errand, number, Phase.FILL);
  }

  /** The number of the same change, when it is on its way or there. */
  private static Optional<Integer> begun(Place home, Document document, List<Ledger.Row> open) {
    for (Ledger.Row row : open) {
      if (row.document().name().equals(document.name())) {
        if (!Documents.digest(row.document()).equals(Documents.digest(document))) {
          throw new ProblemException(
              Problem.conflict("checksum-changed", "Another document of that name is open.")
                  .at(home.key() + ", " + document.name())
                  .todo("Take that one back first, or publish this one under another name."));
        }
        if (row.state() != State.STARTING && row.state() != State.BOTH) {
          throw new ProblemException(
              Problem.conflict("change-open", "The change is " + row.state() + ".")
                  .at(home.key() + ", " + document.name()));
        }
        return Optional.of(row.number());
      }
    }
    return Optional.empty();
  }

  private static int begin(Connection c, Place home, Document document) throws SQLException {
    List<Ledger.Row> open = Ledger.open(c, home);
    Optional<Integer> begun = begun(home, document, open);
    if (begun.isPresent()) {
      return begun.get();
    }
    for (Ledger.Row row : open) {
      if (row.state().moving()) {
        throw new ProblemException(
            Problem.conflict(
                    "change-open", row.document().name() + " is " + row.state() + " in this home.")
                .at(home.key())
                .todo("Let it end first, or take it back."));
      }
    }
    if (open.size() + 2 > VERSIONS_MAX) {
      throw new ProblemException(
          Problem.conflict(
                  "versions-max", "The home holds " + (open.size() + 1) + " versions already.")
              .at(home.key())
              .todo("Complete and finalize " + open.getFirst().document().name() + " first."));
    }
    if (Sql.any(
        c,
        "select from copyhold.version where home = ? and version = ?",
        home.key(),
        document.version())) {
      throw new ProblemException(
          Problem.conflict("version-exists", "The home has a version of that name.")
              .at(home.key() + ", " + document.version())
              .todo("Publish the document under another version."));
    }
    List<Link> chain = Ledger.chain(open);
    Layout from = last(chain).orElseGet(() -> base(c, home));
    Fold.of(Integer.MAX_VALUE, from, document); // refuses what cannot be done
    refuse(home, document);
    return Ledger.begin(c, home, document, from.version(), from.shape());
  }

  private static void refuse(Place home, Document document) {
    for (Change change : document.operations()) {
      if (change instanceof Change.Sql sql
          && home.isolation() == Isolation.POOL
          && sql.pool() == null) {
        throw new ProblemException(
            Problem.invalid("raw-sql-in-pool", "Raw SQL needs a variant for pools.")
                .at(home.key() + ", " + document.name())
                .todo("Give the operation a pool variant, or keep the changelog out of pools."));
      }
    }
  }

  /** Takes the home to <em>completed</em>. */
  public void complete(Errand errand, String name) {
    run(errand, find(errand, name, Phase.COMPLETE), Phase.COMPLETE);
  }

  /** Takes the home to <em>finalized</em>: nothing takes the change back any more. */
  public void finish(Errand errand, String name) {
    run(errand, find(errand, name, Phase.FINALIZE), Phase.FINALIZE);
  }

  /** Takes the change back, before it is completed or after. */
  public void reverse(Errand errand, String name) {
    run(errand, find(errand, name, Phase.REVERSE), Phase.REVERSE);
  }

  /** The newest change of that name; 0 when the phase is done. */
  private int find(Errand errand, String name, Phase phase) {
    Place home = errand.home();
    return sessions.read(
        home.database(),
        "looking for " + name,
        c -> {
          List<Ledger.Row> rows = Ledger.rows(c, home);
          Ledger.Row row =
              rows.reversed().stream()
                  .filter(r -> r.document().name().equals(name))
                  .findFirst()
                  .orElseThrow(() ->
                      new ProblemException(
                          Problem.notFound("change-missing", "The home has no such change.")
                              .at(home.key() + ", " + name)));
          List<Ledger.Row> open = rows.stream().filter(r -> r.state().open()).toList();
          return allowed(home, row, open, phase) ? row.number() : 0;
        });
  }

  /** False when it is done already; otherwise it may run, or a problem says why not. */
  private static boolean allowed(Place home, Ledger.Row row, List<Ledger.Row> open, Phase phase) {
    State state = row.state();
    boolean done =
        switch (phase) {
          case START, FILL -> state == State.BOTH;
          case COMPLETE -> state == State.COMPLETED || state == State.FINALIZED;
          case FINALIZE -> state == State.FINALIZED;
          case REVERSE -> state == State.REVERSED;
        };
    if (done) {
      return false;
    }
    boolean may =
        switch (phase) {
          case START, FILL -> state == State.STARTING;
          case COMPLETE -> state == State.BOTH;
          case FINALIZE -> state == State.COMPLETED || state == State.FINALIZING;
          case REVERSE ->
              state == State.STARTING
                  || state == State.BOTH
                  || state == State.COMPLETED
                  || state == State.REVERSING;
        };
    if (!may) {
      throw new ProblemException(
          Problem.conflict("change-state", "The change is " + state + ".")
              .at(home.key() + ", " + row.document().name()));
    }
    boolean oldest = open.getFirst().number() == row.number();
    boolean newest = open.getLast().number() == row.number();
    if (phase == Phase.REVERSE ? !newest : !oldest && phase == Phase.FINALIZE) {
      throw new ProblemException(
          Problem.conflict(
                  "change-order",
                  "Another change is in between: "
                      + (phase == Phase.REVERSE ? open.getLast() : open.getFirst())
                          .document()
                          .name()
                      + ".")
              .at(home.key() + ", " + row.document().name())
              .todo(
                  phase == Phase.REVERSE
                      ? "Take that one back first."
                      : "Finalize that one first."));
    }
    if (phase == Phase.COMPLETE
        && open.stream().anyMatch(o -> o.number() < row.number() && o.state() != State.COMPLETED)) {
      throw new ProblemException(
          Problem.conflict("change-order", "An older change is not completed.")
              .at(home.key() + ", " + row.document().name())
              .todo("Complete that one first."));
    }
    if (phase == Phase.REVERSE
        && state == State.COMPLETED
        && row.document().down() == Reversal.IMPOSSIBLE) {
      throw new ProblemException(
          Problem.conflict("down-impossible", "The document declares that nothing takes it back.")
              .at(home.key() + ", " + row.document().name())
              .todo("Go forward with another document."));
    }
    return true;
  }

  private void run(Errand errand, int number, Phase phase) {
    if (number == 0) {
      return;
    }
    Place home = errand.home();
    Optional<Plan> plan =
        sessions.read(
            home.database(),
            "planning",
            c -> {
              List<Ledger.Row> open = Ledger.open(c, home);
              List<Link> chain = Ledger.chain(open);
              return chain.stream()
                  .filter(l -> l.number() == number)
                  .filter(_ ->
                      phase != Phase.START && phase != Phase.FILL
                          || open.stream()
                              .anyMatch(r -> r.number() == number && r.state() == State.STARTING))
                  .findFirst()
                  .map(link -> new Renderer(home, chain, link).plan(phase));
            });
    plan.ifPresent(p -> carryOut(errand, p));
  }

  private void carryOut(Errand errand, Plan plan) {
    Place home = errand.home();
    Set<Integer> done =
        sessions.read(home.database(), "reading the steps", c -> Ledger.done(c, home, plan));
    for (int step = 0; step < plan.steps().size(); step++) {
      if (!done.contains(step)) {
        carryOut(errand, plan, step);
      }
    }
  }

  private void carryOut(Errand errand, Plan plan, int step) {
    Place home = errand.home();
    Fence fence = errand.fence();
    Ddl.Entry entry = tx -> Ledger.record(tx, home, plan, step, fence.key());
    String doing = plan.phase() + " of " + plan.name() + ", step " + (step + 1);
    switch (plan.steps().get(step)) {
      case Step.Structure(_, var change) -> ddl.apply(errand.site(), change, entry);
      case Step.Fill fill -> {
        Backfill undoes = fill.undoes();
        if (undoes == null) {
          fill(errand, fill.rows());
        } else if (begun(home, undoes)) {
          fill(errand, undoes);
          fill(errand, fill.rows());
        }
        change(errand, doing, entry::write);
      }
      case Step.ShowVersion version ->
          change(
              errand,
              doing,
              c -> {
                show(c, home, version.schema(), version.sql());
                entry.write(c);
              });
      case Step.Turn turn ->
          change(
              errand,
              doing,
              c -> {
                if (turn.state() == State.BOTH) {
                  isolated(c, home);
                }
                Ledger.turn(c, home, plan.number(), turn);
                entry.write(c);
              });
    }
  }

  private boolean begun(Place home, Backfill backfill) {
    return sessions.read(
        home.database(),
        "looking for a backfill",
        c ->
            Sql.any(
                c,
                "select from copyhold.backfill where home = ? and name = ?",
                home.key(),
                backfill.name()));
  }

  private void fill(Errand errand, Backfill rows) {
    BackfillOutcome outcome =
        backfills.runAll(errand.home(), errand.fence(), rows, errand.throttle(), errand.control());
    if (outcome instanceof BackfillOutcome.Halted halted) {
      throw new ProblemException(
          Problem.unavailable("backfill-halted", "The backfill was halted: " + halted.reason())
              .at(errand.home().key() + ", " + rows.name())
              .todo("Resume it; it goes on where it is."));
    }
  }

  @FunctionalInterface
  private interface Doing {
    void on(Connection c) throws SQLException;
  }

  private void change(Errand errand, String doing, Doing work) {
    sessions.change(
        errand.home().database(),
        doing,
        errand.fence(),
        c -> {
          book.enterReady(c, errand.home(), errand.fence(), null);
          work.on(c);
          return true;
        });
  }

  private static void show(Connection c, Place home, String schema, List<String> views)
      throws SQLException {
    Sql.run(c, schema);
    Sql.run(c, "set local role " + quote(home.owner()));
    for (String sql : views) {
      Sql.run(c, sql);
    }
    Sql.run(c, "reset role");
  }

  /** Nothing of a change may let one tenant of a pool see another's rows. */
  private static void isolated(Connection c, Place home) throws SQLException {
    if (home.isolation() != Isolation.POOL) {
      return;
    }
    List<Problem> broken = Preflight.check(c, home);
    if (!broken.isEmpty()) {
      throw new ProblemException(broken.getFirst());
    }
  }
}
