package io.copyhold.tenants.store.postgres.ddl;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Pause;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Fills in values of a table that is used meanwhile, in chunks. The chunk's rows, the place it ends
 * at and the fence are one transaction, so each row is done once, whatever is killed; an attempt
 * goes on where the last one came to.
 *
 * <p>In a pool it runs for one tenant after the other, under that tenant's claim: a chunk sees no
 * other tenant's rows. The fence is the pool's, whose operation it is.
 */
public final class Backfills {
  private final Sessions sessions;
  private final HomeBook book;
  private final Pause pause;
  private final RandomGenerator random;
  private final BackfillSettings settings;

  public Backfills(
      Sessions sessions,
      HomeBook book,
      Pause pause,
      RandomGenerator random,
      BackfillSettings settings) {
    this.sessions = sessions;
    this.book = book;
    this.pause = pause;
    this.random = random;
    this.settings = settings;
  }

  /**
   * Begins it, or goes on with it, until it is finished or told to halt.
   *
   * @param tenant in a pool: whose rows; null otherwise
   * @throws ProblemException {@code backfill-poison}, {@code backfill-refused}, {@code
   *     backfill-changed}, {@code backfill-no-key}, {@code backfill-left}; later: {@code
   *     backfill-throttled}, {@code lock-wait}, trouble of the server, what a fence says. What was
   *     committed stays
   */
  public BackfillOutcome run(
      Place place,
      @Nullable String tenant,
      Fence fence,
      Backfill spec,
      Throttle throttle,
      Control control) {
    if (place.isolation() == Isolation.POOL != (tenant != null)) {
      throw new IllegalArgumentException("a tenant in a pool, and only there: " + place.key());
    }
    BackfillBook ledger = new BackfillBook(place, spec.name(), tenant);
    return sessions.session(
        place.database(),
        "filling in " + spec.table(),
        c ->
            Sessions.stoppable(
                c,
                fence,
                () -> {
                  String claim = tenant == null ? owner(c, place) : tenant;
                  BackfillBook.Row row = begin(c, place, claim, fence, spec, ledger);
                  return new BackfillRun(
                          sessions, book, pause, random, settings, place, claim, fence, spec,
                          ledger, throttle, control)
                      .run(c, row);
                }));
  }

  /**
   * For a home of its own once, in a pool for every tenant; the first that does not finish ends it.
   */
  public BackfillOutcome runAll(
      Place place, Fence fence, Backfill spec, Throttle throttle, Control control) {
    if (place.isolation() != Isolation.POOL) {
      return run(place, null, fence, spec, throttle, control);
    }
    List<String> tenants =
        sessions.read(place.database(), "reading the members", c -> book.members(c, place));
    BackfillProgress all = new BackfillProgress(true, 0, 0, 0, 0, 1, 0, null);
    for (String tenant : tenants) {
      BackfillProgress before = all;
      BackfillOutcome outcome =
          run(place, tenant, fence, spec, throttle, p -> control.next(sum(before, p)));
      all = sum(all, outcome.progress());
      if (outcome instanceof BackfillOutcome.Halted halted) {
        return new BackfillOutcome.Halted(all, halted.reason());
      }
    }
    return new BackfillOutcome.Finished(all);
  }

  private static BackfillProgress sum(BackfillProgress a, BackfillProgress b) {
    return new BackfillProgress(
        b.finished(),
        a.done() + b.done(),
        a.skipped() + b.skipped(),
        a.expected() + b.expected(),
        b.chunkRows(),
        b.pass(),
        b.rowsPerSecond(),
        b.remaining());
  }

  /** What the ledger says; empty when it was never begun. */
  public Optional<BackfillProgress> progress(Place place, @Nullable String tenant, String name) {
    return sessions.read(
        place.database(),
        "reading a backfill",
        c ->
            new BackfillBook(place, name, tenant)
                .find(c)
                .map(row -> BackfillRun.progress(row, 0, null)));
  }

  /** Rows that were skipped: {@code (tenant_id, id) = (acme, 7): 22P02 …}. */
  public List<String> skipped(Place place, @Nullable String tenant, String name) {
    return sessions.read(
        place.database(),
        "reading a backfill",
        c -> {
          BackfillBook ledger = new BackfillBook(place, name, tenant);
          Optional<BackfillBook.Row> row = ledger.find(c);
          return row.isEmpty()
              ? List.<String>of()
              : ledger.skipped(c).stream()
                  .map(s ->
                      Rows.name(row.get().key().columns(), s.key())
                          + ": "
                          + s.sqlstate()
                          + ' '
                          + s.message())
                  .toList();
        });
  }

  /** Takes it out of the ledger, for all tenants: what it filled in is not wanted any more. */
  public void forget(Place place, Fence fence, String name) {
    sessions.change(
        place.database(),
        "forgetting a backfill",
        fence,
        tx -> {
          book.enterReady(tx, place, fence, null);
          new BackfillBook(place, name, null).forget(tx);
          return true;
        });
  }

  /** Whose a home of its own is; empty for nobody's. */
  private String owner(Connection c, Place place) throws SQLException {
    List<String> members = book.members(c, place);
    return members.size() == 1 ? members.getFirst() : "";
  }

  private BackfillBook.Row begin(
      Connection c, Place place, String claim, Fence fence, Backfill spec, BackfillBook ledger)
      throws SQLException {
    sessions.transaction(c, false, settings.lockLimit(), upgrade());
    return sessions.transaction(
        c,
        false,
        settings.lockLimit(),
        tx -> {
          book.enterReady(tx, place, fence, null);
          Optional<BackfillBook.Row> found = ledger.find(tx);
          if (found.isPresent()) {
            if (!found.get().checksum().equals(spec.checksum())) {
              throw new ProblemException(
                  Problem.conflict(
                          "backfill-changed", "A different backfill of that name was begun.")
                      .at(place.key() + ", " + spec.name())
                      .todo("Give it another name, or forget the one that was begun."));
            }
            return found.get();
          }
          Rows.Key key = key(tx, place, spec);
          List<String> parts = parts(tx, spec.table(), key);
          act(tx, place, claim, spec);
          BackfillBook.Row row =
              new BackfillBook.Row(
                  spec.checksum(),
                  false,
                  key,
                  parts,
                  0,
                  1,
                  null,
                  new Walk(spec, key, parts.getFirst()).upper(tx),
                  Math.min(settings.rowsFirst(), settings.rowsMax()),
                  0,
                  0,
                  expected(tx, spec));
          Sql.run(tx, "reset role");
          ledger.begin(tx, row);
          return row;
        });
  }

  private Sessions.Work<Boolean> upgrade() {
    return tx -> {
      book.upgrade(tx);
      return true;
    };
  }

  private static Rows.Key key(Connection tx, Place place, Backfill spec) throws SQLException {
    if (!Sql.any(
        tx,
        "select from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            + " where n.nspname = ? and c.relname = ? and c.relkind in ('r', 'p')",
        spec.table().schema(),
        spec.table().name())) {
      throw new ProblemException(
          Problem.notFound("table-missing", "There is no such table.")
              .at(place.key() + ", " + spec.table()));
    }
    Optional<Rows.Key> key =
        Rows.keys(tx, spec.table()).stream()
            .filter(k -> spec.key().isEmpty() || k.columns().equals(spec.key()))
            .findFirst();
    if (key.isEmpty() && !spec.key().isEmpty()) {
      throw new ProblemException(
          Problem.invalid(
                  "backfill-no-key",
                  "No unique index holds just these columns, none of which may be null: "
                      + spec.key()
                      + ".")
              .at(place.key() + ", " + spec.table())
              .todo("Name the columns of one in its order, or none and a condition."));
    }
    if (key.isEmpty() && spec.pending() == null) {
      throw new ProblemException(
          Problem.invalid(
                  "backfill-no-key",
                  "The table has no key, and nothing tells which rows are still to be done.")
              .at(place.key() + ", " + spec.table())
              .todo("Give a condition that is true for a row until it is done."));
    }
    return key.orElse(Rows.Key.CTID);
  }

  /** The table; without a key each of its partitions, since places are a partition's own. */
  private static List<String> parts(Connection tx, TableName table, Rows.Key key)
      throws SQLException {
    if (!key.physical()) {
      return List.of(table.sql());
    }
    List<String> leaves =
        Sql.list(
            tx,
            "select n.nspname, c.relname from pg_partition_tree(?::regclass) p"
                + " join pg_class c on c.oid = p.relid join pg_namespace n on n.oid = c.relnamespace"
                + " where p.isleaf and c.relkind = 'r' order by 1, 2",
            r -> quote(r.getString(1), r.getString(2)),
            table.sql());
    return leaves.isEmpty() ? List.of(table.sql()) : leaves;
  }

  /** As the planner thinks, which knows partitions and whose rows are seen. */
  private static long expected(Connection tx, Backfill spec) throws SQLException {
    String plan =
        Sql.first(tx, "explain select from " + spec.table().sql() + " t", r -> r.getString(1))
            .orElse("");
    java.util.regex.Matcher rows = java.util.regex.Pattern.compile("rows=(\\d+)").matcher(plan);
    return rows.find() ? Long.parseLong(rows.group(1)) : 0;
  }

  /**
   * From here to the transaction's end: as the home's owner, with that tenant's claim. The time
   * zone is the same on every node, which the driver's would not be.
   */
  static void act(Connection tx, Place place, String claim, Backfill spec) throws SQLException {
    Sql.first(
        tx,
        "select set_config('role', ?, true), set_config('search_path', ?, true),"
            + " set_config('copyhold.migrating', 'off', true), set_config('copyhold.as_tenant', ?, true),"
            + " set_config('timezone', 'UTC', true), set_config('extra_float_digits', '1', true),"
            + " set_config('bytea_output', 'hex', true), set_config('jit', 'off', true)",
        r -> true,
        place.owner(),
        quote(place.schema()),
        claim);
    for (Backfill.Setting setting : spec.settings()) {
      Sql.first(tx, "select set_config(?, ?, true)", r -> true, setting.name(), setting.value());
    }
  }

  static Duration least(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
