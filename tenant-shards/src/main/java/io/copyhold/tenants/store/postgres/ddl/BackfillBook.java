package io.copyhold.tenants.store.postgres.ddl;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A backfill's rows in the home's own database, one for each tenant that it is run for. */
final class BackfillBook {
  private final Place place;
  private final String name;
  private final String tenant;

  BackfillBook(Place place, String name, @Nullable String tenant) {
    this.place = place;
    this.name = name;
    this.tenant = tenant == null ? "" : tenant;
  }

  /**
   * Where it stands.
   *
   * @param parts what is gone through one after the other: the table, or without a key its
   *     partitions, as SQL names them
   * @param lower last key done of the part; null before its first
   * @param upper last key of the part when it was begun; null when it was empty, or is not begun
   */
  record Row(
      String checksum,
      boolean finished,
      Rows.Key key,
      List<String> parts,
      int part,
      int pass,
      @Nullable List<String> lower,
      @Nullable List<String> upper,
      int chunkRows,
      long done,
      long skipped,
      long expected) {

    boolean over() {
      return part >= parts.size();
    }

    String table() {
      return parts.get(part);
    }

    Row at(
        int newPart,
        int newPass,
        @Nullable List<String> newLower,
        @Nullable List<String> newUpper) {
      return new Row(
          checksum, finished, key, parts, newPart, newPass, newLower, newUpper, chunkRows, done,
          skipped, expected);
    }

    Row plus(long rows, long skips, int nextRows) {
      return new Row(
          checksum,
          finished,
          key,
          parts,
          part,
          pass,
          lower,
          upper,
          nextRows,
          done + rows,
          skipped + skips,
          expected);
    }

    Row end() {
      return new Row(
          checksum, true, key, parts, part, pass, lower, upper, chunkRows, done, skipped, expected);
    }
  }

  /** A row that could not be done. */
  record Skipped(String place, List<String> key, String sqlstate, String message) {}

  Optional<Row> find(Connection c) throws SQLException {
    return Sql.first(
        c,
        "select checksum, state, key_columns, key_types, parts, part, pass, lower_key, upper_key,"
            + " chunk_rows, done_rows, skipped_rows, expected_rows from copyhold.backfill"
            + " where home = ? and name = ? and tenant = ?",
        BackfillBook::row,
        place.key(),
        name,
        tenant);
  }

  private static Row row(ResultSet r) throws SQLException {
    return new Row(
        r.getString(1),
        r.getString(2).equals("done"),
        new Rows.Key(texts(r.getArray(3)), texts(r.getArray(4))),
        texts(r.getArray(5)),
        r.getInt(6),
        r.getInt(7),
        r.getArray(8) == null ? null : texts(r.getArray(8)),
        r.getArray(9) == null ? null : texts(r.getArray(9)),
        r.getInt(10),
        r.getLong(11),
        r.getLong(12),
        r.getLong(13));
  }

  private static List<String> texts(Array array) throws SQLException {
    return List.of((String[]) array.getArray());
  }

  void begin(Connection tx, Row row) throws SQLException {
    Sql.update(
        tx,
        "insert into copyhold.backfill (home, name, tenant, checksum, key_columns, key_types, parts,"
            + " part, upper_key, chunk_rows, expected_rows) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        place.key(),
        name,
        tenant,
        row.checksum(),
        row.key().columns(),
        row.key().types(),
        row.parts(),
        row.part(),
        row.upper(),
        row.chunkRows(),
        row.expected());
  }

  /** From one state to the next, in the transaction that makes it true. */
  void move(Connection tx, Row from, Row to) throws SQLException {
    int moved =
        Sql.update(
            tx,
            "update copyhold.backfill set state = ?, part = ?, pass = ?, lower_key = ?::text[],"
                + " upper_key = ?::text[], chunk_rows = ?, done_rows = ?, skipped_rows = ?,"
                + " at = clock_timestamp()"
                + " where home = ? and name = ? and tenant = ? and state = 'running' and part = ?"
                + " and pass = ? and lower_key is not distinct from ?::text[]",
            to.finished() ? "done" : "running",
            to.part(),
            to.pass(),
            to.lower(),
            to.upper(),
            to.chunkRows(),
            to.done(),
            to.skipped(),
            place.key(),
            name,
            tenant,
            from.part(),
            from.pass(),
            from.lower());
    if (moved != 1) {
      throw new ProblemException(
          Problem.unavailable("backfill-elsewhere", "Another attempt has gone on with it.")
              .at(place.key() + ", " + name));
    }
  }

  /** False when the row was listed before. */
  boolean skip(Connection tx, Skipped row) throws SQLException {
    return Sql.update(
            tx,
            "insert into copyhold.backfill_skipped"
                + " (home, name, tenant, place, key, sqlstate, message)"
                + " values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing",
            place.key(),
            name,
            tenant,
            row.place(),
            row.key(),
            row.sqlstate(),
            row.message())
        == 1;
  }

  List<Skipped> skipped(Connection c) throws SQLException {
    return Sql.list(
        c,
        "select place, key, sqlstate, message from copyhold.backfill_skipped"
            + " where home = ? and name = ? and tenant = ? order by at, key",
        r -> new Skipped(r.getString(1), texts(r.getArray(2)), r.getString(3), r.getString(4)),
        place.key(),
        name,
        tenant);
  }

  void forget(Connection tx) throws SQLException {
    for (String table : List.of("backfill", "backfill_skipped")) {
      Sql.update(
          tx, "delete from copyhold." + table + " where home = ? and name = ?", place.key(), name);
    }
  }
}
