package io.copyhold.tenants.store.postgres.expand;

import io.copyhold.tenants.document.Document;
import io.copyhold.tenants.document.Documents;
import io.copyhold.tenants.document.Shape;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a home's own book says of its changes, their steps, and the versions that clients may speak.
 */
final class Ledger {
  private Ledger() {}

  /**
   * A change that was begun.
   *
   * @param before the version it starts from
   * @param shape of that version
   */
  record Row(int number, Document document, String before, Shape shape, State state) {}

  static List<Row> rows(Connection c, Place home) throws SQLException {
    return Sql.list(
        c,
        "select number, body, before, shape, state from copyhold.change where home = ? order by number",
        r ->
            new Row(
                r.getInt(1),
                Documents.stored(r.getString(2)),
                r.getString(3),
                Shape.fromJson(r.getString(4)),
                State.of(r.getString(5))),
        home.key());
  }

  /** Open changes, oldest first, each following the one before. */
  static List<Row> open(Connection c, Place home) throws SQLException {
    return rows(c, home).stream().filter(row -> row.state().open()).toList();
  }

  static List<Link> chain(List<Row> open) {
    List<Link> chain = new ArrayList<>();
    Layout layout = null;
    for (Row row : open) {
      Layout from = layout == null ? Layout.plain(row.before(), row.shape()) : layout;
      Link link = Fold.of(row.number(), from, row.document());
      chain.add(link);
      layout = link.to();
    }
    return chain;
  }

  static int begin(Connection c, Place home, Document document, String before, Shape shape)
      throws SQLException {
    int number =
        Sql.first(
                c,
                "insert into copyhold.change (home, number, name, version, before, body, shape, state)"
                    + " select ?, 1 + coalesce(max(number), 0), ?, ?, ?, ?, ?, 'starting'"
                    + " from copyhold.change where home = ? returning number",
                r -> r.getInt(1),
                home.key(),
                document.name(),
                document.version(),
                before,
                Documents.canonical(document),
                shape.toJson(),
                home.key())
            .orElseThrow();
    speak(c, home, Map.of(before, true), List.of());
    return number;
  }

  /** Which steps of the plan are done, by place in it. */
  static Set<Integer> done(Connection c, Place home, Plan plan) throws SQLException {
    return Set.copyOf(
        Sql.list(
            c,
            "select step from copyhold.step where home = ? and number = ? and phase = ?",
            r -> r.getInt(1),
            home.key(),
            plan.number(),
            plan.phase().toString()));
  }

  static void record(Connection c, Place home, Plan plan, int step, String key)
      throws SQLException {
    Sql.update(
        c,
        "insert into copyhold.step (home, number, phase, step, what, key) values (?, ?, ?, ?, ?, ?)"
            + " on conflict do nothing",
        home.key(),
        plan.number(),
        plan.phase().toString(),
        step,
        plan.steps().get(step).object(),
        key);
  }

  static void turn(Connection c, Place home, int number, Step.Turn turn) throws SQLException {
    Sql.update(
        c,
        "update copyhold.change set state = ?, at = clock_timestamp() where home = ? and number = ?",
        turn.state().toString(),
        home.key(),
        number);
    speak(c, home, turn.live(), turn.gone());
  }

  private static void speak(Connection c, Place home, Map<String, Boolean> live, List<String> gone)
      throws SQLException {
    for (Map.Entry<String, Boolean> version : live.entrySet()) {
      Sql.update(
          c,
          "insert into copyhold.version (home, version, live) values (?, ?, ?)"
              + " on conflict (home, version) do update set live = excluded.live, at = clock_timestamp()"
              + " where copyhold.version.live <> excluded.live",
          home.key(),
          version.getKey(),
          version.getValue());
    }
    for (String version : gone) {
      Sql.update(
          c, "delete from copyhold.version where home = ? and version = ?", home.key(), version);
    }
  }

  /** The version may be spoken from now on. */
  static void live(Connection c, Place home, String version) throws SQLException {
    speak(c, home, Map.of(version, true), List.of());
  }

  /** Versions that clients may speak now. */
  static List<String> live(Connection c, Place home) throws SQLException {
    return Sql.strings(
        c,
        "select version from copyhold.version where home = ? and live order by version",
        home.key());
  }

  /** The version that the home is at when no change is open. */
  static Optional<String> version(Connection c, Place home) throws SQLException {
    return Sql.first(
        c,
        "select coalesce((select v.version from copyhold.version v where v.home = h.home and v.live"
            + " order by v.at desc limit 1), nullif(h.version, ''), '0')"
            + " from copyhold.home h where h.home = ? and h.state = 'ready'",
        r -> r.getString(1),
        home.key());
  }
}
