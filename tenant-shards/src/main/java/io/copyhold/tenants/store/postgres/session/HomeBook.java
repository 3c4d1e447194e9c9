package io.copyhold.tenants.store.postgres.session;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.HomeState;
import io.copyhold.tenants.store.LedgerRow;
import io.copyhold.tenants.store.Script;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Copyhold's own schema in a database with homes: which homes and members there are, what was
 * applied, and who has been here. The store's shared database also has a row for each database
 * home, because that one cannot hold its own creation and end.
 */
public final class HomeBook {
  public static final String CREATING = "creating";
  public static final String READY = "ready";
  public static final String DROPPING = "dropping";
  public static final String DROPPED = "dropped";

  private static final int FORMAT = 3;
  private static final String DEFINITION = read();

  private final Duration fenceAge;
  private final LongUnaryOperator timelines;

  /**
   * @param timelines the control plane's timeline in which a term was given out
   */
  public HomeBook(Duration fenceAge, LongUnaryOperator timelines) {
    this.fenceAge = fenceAge;
    this.timelines = timelines;
  }

  /** One home as its row says. */
  public record Row(Place place, String state, boolean adopted, String changelog) {}

  /** Until the transaction ends: nodes that prepare one database follow each other. */
  public static void lock(Connection c) throws SQLException {
    Sql.first(c, "select pg_advisory_xact_lock(hashtextextended('copyhold', 0))", row -> true);
  }

  /** Makes the schema when it is missing; in a transaction. */
  public void install(Connection c) throws SQLException {
    if (installed(c)) {
      return;
    }
    lock(c);
    if (installed(c)) {
      return;
    }
    Sql.run(c, "create schema if not exists copyhold");
    if (!Sql.any(
        c,
        "select from pg_namespace where nspname = 'copyhold' and pg_get_userbyid(nspowner) = current_user")) {
      throw new ProblemException(
          Problem.conflict(
                  "copyhold-schema-taken",
                  "A schema copyhold is there that belongs to somebody else.")
              .at(c.getCatalog())
              .todo("Register the store with the role that owns it, or rename that schema."));
    }
    Sql.run(c, DEFINITION);
  }

  /** Brings what an older release made up to date; in a transaction of its own, before others. */
  public void upgrade(Connection c) throws SQLException {
    if (present(c)) {
      install(c);
    }
  }

  private static boolean installed(Connection c) throws SQLException {
    if (!Sql.any(c, "select where to_regclass('copyhold.format') is not null")) {
      return false;
    }
    int format =
        Sql.first(c, "select coalesce(max(format), 0) from copyhold.format", r -> r.getInt(1))
            .orElse(0);
    if (format > FORMAT) {
      throw new ProblemException(
          Problem.conflict(
                  "copyhold-too-old",
                  "A newer release of Copyhold has written schema copyhold here.")
              .at(c.getCatalog())
              .todo("Run that release."));
    }
    return format == FORMAT;
  }

  /** True when the database has the schema at all. */
  public static boolean present(Connection c) throws SQLException {
    return Sql.any(c, "select where to_regclass('copyhold.home') is not null");
  }

  public Optional<Row> find(Connection c, String home) throws SQLException {
    return Sql.first(
        c,
        "select isolation, home, database, schema, owner, app, state, adopted, changelog"
            + " from copyhold.home where home = ?",
        HomeBook::row,
        home);
  }

  private static Row row(ResultSet r) throws SQLException {
    return new Row(
        new Place(
            Isolation.valueOf(r.getString(1)),
            r.getString(2),
            r.getString(3),
            r.getString(4),
            r.getString(5),
            r.getString(6)),
        r.getString(7),
        r.getBoolean(8),
        r.getString(9));
  }

  /**
   * Makes the home's row, or takes up a dropped one again; then enters.
   *
   * @return the state before: {@link #DROPPED} when there was none
   */
  public String begin(Connection c, Place place, String changelog, boolean adopted, Fence fence)
      throws SQLException {
    Sql.update(
        c,
        "insert into copyhold.home"
            + " (home, isolation, database, schema, owner, app, state, changelog, timeline)"
            + " values (?, ?, ?, ?, ?, ?, 'dropped', ?, ?) on conflict do nothing",
        place.key(),
        place.isolation().name(),
        place.database(),
        place.schema(),
        place.owner(),
        place.app(),
        changelog,
        timeline(fence));
    enter(c, place, fence, null);
    Row row = find(c, place.key()).orElseThrow();
    if (row.state().equals(DROPPED)) {
      Sql.update(
          c,
          "with gone as (delete from copyhold.ledger where home = ?)"
              + " update copyhold.home set state = 'creating', database = ?, schema = ?, owner = ?, app = ?,"
              + " changelog = ?, adopted = ?, version = '', position = 0, shape = null, epoch = ?, since = now()"
              + " where home = ?",
          place.key(),
          place.database(),
          place.schema(),
          place.owner(),
          place.app(),
          changelog,
          adopted,
          fence.epoch(),
          place.key());
    } else if (!row.changelog().equals(changelog) || row.adopted() != adopted) {
      throw new ProblemException(
          Problem.conflict(
                  "home-exists",
                  "The home is there already and follows changelog " + row.changelog() + ".")
              .at(place.key())
              .todo("Choose another name, or drop that home first."));
    }
    return row.state();
  }

  /** As {@link #enter}, for a home that is there and not on its way in or out. */
  public void enterReady(Connection c, Place place, Fence fence, @Nullable String tenant)
      throws SQLException {
    if (!enter(c, place, fence, tenant).equals(READY)) {
      throw new ProblemException(missing(place));
    }
  }

  /**
   * Locks the home's row until the transaction ends and lets the fence pass, or throws.
   *
   * @return the home's state
   */
  public String enter(Connection c, Place place, Fence fence, @Nullable String tenant)
      throws SQLException {
    String[] verdict =
        Sql.first(
                c,
                "select verdict, coalesce(seen, '') from copyhold.enter(?, ?, ?, ?, ?, ?, ?, ?, ?,"
                    + " make_interval(secs => ?))",
                r -> new String[] {r.getString(1), r.getString(2)},
                place.key(),
                fence.owner().toString(),
                fence.operation().toString(),
                timeline(fence),
                fence.token().term(),
                fence.token().attempt(),
                fence.key(),
                fence.epoch(),
                tenant,
                fenceAge.toSeconds())
            .orElseThrow();
    switch (verdict[0]) {
      case "ok" -> {
        return verdict[1];
      }
      case "home-missing" -> throw new ProblemException(missing(place));
      case "stale-timeline" ->
          throw new ProblemException(
              Problem.conflict(
                      "stale-token",
                      "This began before the control database was put back or failed over, and has"
                          + " been replaced.")
                  .at(place.key()));
      case "unverified" -> throw new ProblemException(unverified(place));
      case "stale-token" ->
          throw new ProblemException(
              Problem.conflict(
                      "stale-token",
                      "A later attempt has been here: "
                          + verdict[1]
                          + ", this is "
                          + token(fence)
                          + ".")
                  .at(place.key()));
      case "stale-epoch" ->
          throw new ProblemException(
              Problem.conflict(
                      "stale-epoch",
                      "The home is at epoch "
                          + verdict[1]
                          + ", this belongs to "
                          + fence.epoch()
                          + ".")
                  .at(place.key())
                  .todo("Take the home's present epoch and try again."));
      default -> throw new IllegalStateException(verdict[0]);
    }
  }

  private long timeline(Fence fence) {
    return timelines.applyAsLong(fence.token().term());
  }

  private static Problem unverified(Place place) {
    return Problem.unavailable(
            "home-unverified",
            "The control database was put back or failed over, and the home has not been found to"
                + " agree with its owner since.")
        .at(place.key())
        .todo("It is compared by itself; if its owner is diverged, reconcile that.");
  }

  public static Problem missing(Place place) {
    return Problem.notFound("home-missing", "There is no such home in the store.").at(place.key());
  }

  private static String token(Fence fence) {
    return fence.token().term() + "." + fence.token().attempt();
  }

  public void mark(Connection c, Place place, String state) throws SQLException {
    Sql.update(c, "update copyhold.home set state = ? where home = ?", state, place.key());
  }

  /**
   * The end: members and ledger go; the row and its fences stay, so that a late attempt is refused.
   */
  public void drop(Connection c, Place place) throws SQLException {
    for (String table :
        List.of(
            "member",
            "ledger",
            "intent",
            "building",
            "backfill",
            "backfill_skipped",
            "change",
            "version")) {
      if (Sql.any(c, "select where to_regclass(?) is not null", "copyhold." + table)) {
        Sql.update(c, "delete from copyhold." + table + " where home = ?", place.key());
      } // else an older release made the schema
    }
    mark(c, place, DROPPED);
  }

  public Optional<HomeState> state(Connection c, Place place) throws SQLException {
    return Sql.first(
        c,
        "select changelog, version, position, epoch,"
            + " (select count(*) from copyhold.member m where m.home = h.home), adopted"
            + " from copyhold.home h where home = ? and state = 'ready'",
        r ->
            new HomeState(
                r.getString(1),
                r.getString(2),
                r.getInt(3),
                r.getLong(4),
                r.getInt(5),
                r.getBoolean(6)),
        place.key());
  }

  public List<LedgerRow> ledger(Connection c, Place place) throws SQLException {
    return Sql.list(
        c,
        "select position, version, file, checksum, key, at, millis, baseline from copyhold.ledger"
            + " where home = ? order by position",
        HomeBook::ledgerRow,
        place.key());
  }

  /**
   * Where a home stands before a script.
   *
   * @param position the last one that was applied
   * @param tenant whose home it is; empty when it is nobody's, or a pool
   * @param versions clients speak schema versions here
   * @param row of the script's own position, if it was applied
   */
  public record Standing(
      String changelog, int position, String tenant, boolean versions, Optional<LedgerRow> row) {}

  public Standing standing(Connection c, Place place, int position) throws SQLException {
    return Sql.first(
            c,
            "select l.position, l.version, l.file, l.checksum, l.key, l.at, l.millis, l.baseline,"
                + " h.changelog, h.position, coalesce((select case count(*) when 1 then min(tenant) end"
                + " from copyhold.member m where h.isolation <> 'POOL' and m.home = h.home), ''),"
                + " exists (select from copyhold.version v where v.home = h.home)"
                + " from copyhold.home h left join copyhold.ledger l"
                + " on l.home = h.home and l.position = ? where h.home = ?",
            r ->
                new Standing(
                    r.getString(9),
                    r.getInt(10),
                    r.getString(11),
                    r.getBoolean(12),
                    r.getString(4) == null ? Optional.empty() : Optional.of(ledgerRow(r))),
            position,
            place.key())
        .orElseThrow(() -> new ProblemException(missing(place)));
  }

  private static LedgerRow ledgerRow(ResultSet r) throws SQLException {
    Timestamp at = r.getTimestamp(6);
    return new LedgerRow(
        r.getInt(1),
        r.getString(2),
        r.getString(3),
        r.getString(4),
        r.getString(5),
        at.toInstant(),
        r.getLong(7),
        r.getBoolean(8));
  }

  public void record(
      Connection c, Place place, Script script, String key, long millis, boolean baseline)
      throws SQLException {
    Sql.update(
        c,
        "with entry as (insert into copyhold.ledger"
            + " (home, position, version, file, checksum, key, millis, baseline)"
            + " values (?, ?, ?, ?, ?, ?, ?, ?) returning home, version, position)"
            + " update copyhold.home h set version = e.version, position = e.position, shape = null"
            + " from entry e where h.home = e.home",
        place.key(),
        script.position(),
        script.version(),
        script.file(),
        baseline ? "" : script.checksum(),
        key,
        millis,
        baseline);
  }

  /** Takes a script's row out again: the home stands where it stood before it. */
  public void unrecord(Connection c, Place place, int position) throws SQLException {
    Sql.update(
        c,
        "with gone as (delete from copyhold.ledger where home = ? and position = ?)"
            + " update copyhold.home h set shape = null, position = coalesce(b.position, 0),"
            + " version = coalesce(b.version, '') from (select 1) x left join (select position, version"
            + " from copyhold.ledger where home = ? and position < ? order by position desc limit 1) b"
            + " on true where h.home = ?",
        place.key(),
        position,
        place.key(),
        position,
        place.key());
  }

  /** Tenants of the home, by name. */
  public List<String> members(Connection c, Place place) throws SQLException {
    return Sql.strings(
        c, "select tenant from copyhold.member where home = ? order by tenant", place.key());
  }

  private static String read() {
    try (InputStream in = HomeBook.class.getResourceAsStream("/copyhold/store/postgresql.sql")) {
      if (in == null) {
        throw new IllegalStateException("no resource /copyhold/store/postgresql.sql");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
