package io.copyhold.chaos.checker;

import io.copyhold.runtime.postgres.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Reads the books of a store: all homes in all of its databases, as its administrator. */
public final class Books {
  private static final String APPLICATION = "copyhold-chaos";

  private static final String DATABASES =
      "select datname from pg_database where datallowconn and not datistemplate order by datname";

  private static final String HOMES =
      "select home, state, changelog, version, position, epoch from copyhold.home order by home";

  private static final String LEDGER =
      "select position, version, checksum, key from copyhold.ledger where home = ? order by position";

  private static final String FENCES =
      "select owner, operation, term, attempt from copyhold.fence where home = ? order by operation";

  private Books() {}

  /**
   * @param store its id
   * @param administrator of its server, at any database
   */
  public static List<Book> read(String store, Database administrator) throws SQLException {
    List<Book> books = new ArrayList<>();
    for (String database : databases(administrator)) {
      try (Connection c = administrator.withName(database).connect(APPLICATION)) {
        // one moment of it, or a home that is dropped meanwhile would look half-made
        c.setAutoCommit(false);
        c.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        if (hasBook(c)) {
          books.addAll(homes(c, store, database));
        }
      } catch (SQLException e) {
        if (!"3D000".equals(e.getSQLState())) { // a database that was dropped just now
          throw e;
        }
      }
    }
    return books;
  }

  private static List<String> databases(Database administrator) throws SQLException {
    try (Connection c = administrator.connect(APPLICATION);
        PreparedStatement s = c.prepareStatement(DATABASES);
        ResultSet r = s.executeQuery()) {
      List<String> names = new ArrayList<>();
      while (r.next()) {
        names.add(r.getString(1));
      }
      return names;
    }
  }

  private static boolean hasBook(Connection c) throws SQLException {
    try (PreparedStatement s =
            c.prepareStatement("select to_regclass('copyhold.fence') is not null");
        ResultSet r = s.executeQuery()) {
      r.next();
      return r.getBoolean(1);
    }
  }

  private static List<Book> homes(Connection c, String store, String database) throws SQLException {
    List<Book> books = new ArrayList<>();
    try (PreparedStatement s = c.prepareStatement(HOMES);
        ResultSet r = s.executeQuery()) {
      while (r.next()) {
        String home = r.getString(1);
        books.add(
            new Book(
                store,
                database,
                home,
                r.getString(2),
                r.getString(3),
                r.getString(4),
                r.getInt(5),
                r.getLong(6),
                ledger(c, home),
                fences(c, home)));
      }
    }
    return books;
  }

  private static List<Book.Applied> ledger(Connection c, String home) throws SQLException {
    try (PreparedStatement s = c.prepareStatement(LEDGER)) {
      s.setString(1, home);
      try (ResultSet r = s.executeQuery()) {
        List<Book.Applied> applied = new ArrayList<>();
        while (r.next()) {
          applied.add(
              new Book.Applied(r.getInt(1), r.getString(2), r.getString(3), r.getString(4)));
        }
        return applied;
      }
    }
  }

  private static List<Book.Fence> fences(Connection c, String home) throws SQLException {
    try (PreparedStatement s = c.prepareStatement(FENCES)) {
      s.setString(1, home);
      try (ResultSet r = s.executeQuery()) {
        List<Book.Fence> fences = new ArrayList<>();
        while (r.next()) {
          fences.add(new Book.Fence(r.getString(1), r.getString(2), r.getLong(3), r.getLong(4)));
        }
        return fences;
      }
    }
  }
}
