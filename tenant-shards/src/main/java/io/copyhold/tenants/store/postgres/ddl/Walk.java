package io.copyhold.tenants.store.postgres.ddl;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Goes through one part of a table in the order of its key, or without one in the order of place.
 * Keys travel as text, which PostgreSQL reads back exactly under the session's pinned formats.
 *
 * <p>By place, a row that we or others write anew may come to lie before or after us: so the
 * condition tells what is still to be done, and the table is gone through again while something is.
 */
final class Walk {
  /** Rows of a page where nothing is known: some 160 bytes each. */
  private static final int ROWS_PER_PAGE = 50;

  private final Backfill spec;
  private final Rows.Key key;
  private final String part;

  Walk(Backfill spec, BackfillBook.Row row) {
    this(spec, row.key(), row.table());
  }

  Walk(Backfill spec, Rows.Key key, String part) {
    this.spec = spec;
    this.key = key;
    this.part = part;
  }

  /**
   * A piece of the part.
   *
   * @param to the last key of it
   * @param rows how many it has at most
   * @param last true when nothing follows
   */
  record Piece(@Nullable List<String> from, List<String> to, int rows, boolean last) {}

  /** The last key there is now; null for an empty part. */
  @Nullable List<String> upper(Connection c) throws SQLException {
    if (key.physical()) {
      long pages =
          Sql.first(
                  c,
                  "select pg_relation_size(?::regclass) / current_setting('block_size')::bigint",
                  r -> r.getLong(1),
                  part)
              .orElseThrow();
      return pages == 0 ? null : List.of(endOfPage(pages - 1));
    }
    return Sql.first(
            c,
            "select "
                + texts()
                + " from "
                + part
                + " t order by "
                + key.columns().stream()
                    .map(k -> "t." + quote(k) + " desc")
                    .collect(Collectors.joining(", "))
                + " limit 1",
            this::values)
        .orElse(null);
  }

  /** The next {@code size} rows, or what is left. */
  Piece next(Connection c, @Nullable List<String> from, List<String> upper, int size)
      throws SQLException {
    if (key.physical()) {
      return nextPlaces(c, from, upper, size);
    }
    List<Object> values = new ArrayList<>();
    String between = between(from, upper, values);
    values.add(size - 1);
    List<String> to =
        Sql.first(
                c,
                "select "
                    + texts()
                    + " from "
                    + part
                    + " t where "
                    + between
                    + " order by "
                    + columns()
                    + " limit 1 offset ?",
                this::values,
                values.toArray())
            .orElse(upper);
    return new Piece(from, to, size, to.equals(upper));
  }

  private Piece nextPlaces(Connection c, @Nullable List<String> from, List<String> upper, int size)
      throws SQLException {
    long page = from == null ? 0 : page(from.getFirst());
    long lastPage = page(upper.getFirst());
    long windowPage = Math.min(lastPage, page + Math.max(1, size / ROWS_PER_PAGE));
    List<String> window = List.of(endOfPage(windowPage));
    List<Object> values = new ArrayList<>();
    String between = between(from, window, values);
    values.add(size - 1);
    List<String> to =
        Sql.first(
                c,
                "select t.ctid::text from "
                    + part
                    + " t where "
                    + between
                    + pending()
                    + " order by t.ctid limit 1 offset ?",
                this::values,
                values.toArray())
            .orElse(window);
    return new Piece(from, to, size, to.equals(window) && windowPage >= lastPage);
  }

  /** Writes the rows of the piece; how many they were. */
  int write(Connection c, Piece piece) throws SQLException {
    List<Object> values = new ArrayList<>();
    String between = between(piece.from(), piece.to(), values);
    return Sql.update(
        c,
        "update "
            + part
            + " t set "
            + Fragments.bindable(spec.assignments())
            + " where "
            + between
            + pending(),
        values.toArray());
  }

  /** Keys of rows of the part that are still to be done. */
  List<List<String>> left(Connection c, int max) throws SQLException {
    String pending = spec.pending();
    if (pending == null) {
      return List.of();
    }
    return Sql.list(
        c,
        "select "
            + texts()
            + " from "
            + part
            + " t where ("
            + Fragments.bindable(pending)
            + ") limit ?",
        this::values,
        max);
  }

  private String pending() {
    return spec.pending() == null ? "" : " and (" + Fragments.bindable(spec.pending()) + ')';
  }

  private String between(@Nullable List<String> from, List<String> to, List<Object> values) {
    String upper = '(' + columns() + ") <= (" + parameters() + ')';
    if (from != null) {
      values.addAll(from);
    }
    values.addAll(to);
    return from == null ? upper : '(' + columns() + ") > (" + parameters() + ") and " + upper;
  }

  private String columns() {
    return key.columns().stream().map(k -> "t." + quote(k)).collect(Collectors.joining(", "));
  }

  private String texts() {
    return key.columns().stream()
        .map(k -> "t." + quote(k) + "::text")
        .collect(Collectors.joining(", "));
  }

  private String parameters() {
    return key.types().stream().map(t -> "?::" + t).collect(Collectors.joining(", "));
  }

  private List<String> values(java.sql.ResultSet r) throws SQLException {
    List<String> values = new ArrayList<>();
    for (int i : IntStream.rangeClosed(1, key.columns().size()).toArray()) {
      values.add(r.getString(i));
    }
    return Collections.unmodifiableList(values);
  }

  /** Greater than any place of the page. */
  private static String endOfPage(long page) {
    return "(" + page + ",65535)";
  }

  private static long page(String ctid) {
    return Long.parseLong(ctid.substring(1, ctid.indexOf(',')));
  }
}
