package io.copyhold.tenants.store.postgres.session;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** JDBC in one line: every value is bound. */
public final class Sql {
  private Sql() {}

  /** Reads one row. */
  @FunctionalInterface
  public interface Row<T> {
    T read(ResultSet row) throws SQLException;
  }

  /** A statement without parameters, such as DDL with quoted identifiers. */
  public static void run(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }

  public static int update(Connection c, String sql, @Nullable Object... values)
      throws SQLException {
    try (PreparedStatement s = bind(c, sql, values)) {
      return s.executeUpdate();
    }
  }

  public static <T> List<T> list(Connection c, String sql, Row<T> row, @Nullable Object... values)
      throws SQLException {
    try (PreparedStatement s = bind(c, sql, values);
        ResultSet r = s.executeQuery()) {
      List<T> all = new ArrayList<>();
      while (r.next()) {
        all.add(row.read(r));
      }
      return all;
    }
  }

  public static <T> Optional<T> first(
      Connection c, String sql, Row<T> row, @Nullable Object... values) throws SQLException {
    try (PreparedStatement s = bind(c, sql, values);
        ResultSet r = s.executeQuery()) {
      return r.next() ? Optional.of(row.read(r)) : Optional.empty();
    }
  }

  /** True when the query has a row. */
  public static boolean any(Connection c, String sql, @Nullable Object... values)
      throws SQLException {
    return first(c, sql, row -> true, values).isPresent();
  }

  public static List<String> strings(Connection c, String sql, @Nullable Object... values)
      throws SQLException {
    return list(c, sql, row -> row.getString(1), values);
  }

  private static PreparedStatement bind(Connection c, String sql, @Nullable Object... values)
      throws SQLException {
    PreparedStatement s = c.prepareStatement(sql);
    for (int i = 0; i < values.length; i++) {
      Object value = values[i];
      if (value instanceof List<?> list) {
        s.setArray(i + 1, c.createArrayOf("text", list.toArray()));
      } else {
        s.setObject(i + 1, value);
      }
    }
    return s;
  }
}
