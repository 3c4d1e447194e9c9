package io.copyhold.runtime.postgres;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.sql.DataSource;

/**
 * The tables of the control database, made of SQL files that modules contribute. Each file is
 * applied once, in the order of names, all in one transaction:
 *
 * <ol>
 *   <li>Take the advisory lock by asking again and again (waiting inside the server would hold a
 *       snapshot), so that nodes which start together do not race.
 *   <li>Make the book of applied files when there is none; refuse a format that is not ours.
 *   <li>Refuse a book with a file that we do not know (made by a newer release) or with another
 *       content (made by another one).
 *   <li>Apply what is missing and write it into the book.
 * </ol>
 *
 * A file that was released never changes; a change is a new file with a higher number.
 */
@PortAdapter
public final class ControlSchema {
  /** Layout of the book itself. Raised when an older release must not touch the database. */
  static final int FORMAT = 1;

  /** "copyhold" in ASCII: the advisory lock of the whole control schema. */
  private static final long LOCK = 0x636f7079686f6c64L;

  private static final Duration POLL = Duration.ofMillis(50);

  /**
   * One file.
   *
   * @param name such as {@code 100-secret.sql}: its number orders it, its name is unique for ever
   * @param sql statements that a transaction may hold
   */
  public record Part(String name, String sql) {
    public Part {
      if (!name.matches("[0-9]{3}-[a-z0-9-]+\\.sql")) {
        throw new IllegalArgumentException("not the name of a schema file: " + name);
      }
    }

    /** Reads {@code /copyhold/schema/NAME} from the module of that class. */
    public static Part of(Class<?> near, String name) {
      try (InputStream in = near.getResourceAsStream("/copyhold/schema/" + name)) {
        if (in == null) {
          throw new IllegalArgumentException("no resource /copyhold/schema/" + name);
        }
        String sql = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        return new Part(name, sql.replace("\r\n", "\n"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** SHA-256 of the file, in hexadecimal digits. */
    public String checksum() {
      try {
        byte[] digest =
            MessageDigest.getInstance("SHA-256").digest(sql.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("this JDK lacks SHA-256", e);
      }
    }
  }

  private final List<Part> parts;
  private final Duration lockLimit;

  /**
   * A schema of these files.
   *
   * @param lockLimit wait for other nodes that apply it at the same time
   */
  public ControlSchema(List<Part> parts, Duration lockLimit) {
    this.parts = parts.stream().sorted(Comparator.comparing(Part::name)).toList();
    this.lockLimit = lockLimit;
    if (parts.stream().map(Part::name).distinct().count() != parts.size()) {
      throw new IllegalArgumentException("two schema files of one name");
    }
  }

  /**
   * Brings the database to these files; does nothing when it is there already. Safe to repeat and
   * from several nodes at once.
   *
   * @throws ProblemException the database belongs to another release, or the lock stays taken
   * @throws SQLException the database is away, or refuses a file; then nothing was changed
   */
  public void apply(DataSource database) throws SQLException {
    try (Connection c = database.getConnection()) {
      c.setAutoCommit(false);
      try {
        lock(c);
        makeBook(c);
        requireFormat(c);
        Map<String, String> applied = applied(c);
        requireSameRelease(applied);
        for (Part part : parts) {
          if (!applied.containsKey(part.name())) {
            apply(c, part);
          }
        }
        c.commit();
      } catch (SQLException | RuntimeException e) {
        c.rollback();
        throw e;
      }
    }
  }

  private void lock(Connection c) throws SQLException {
    long deadline = System.nanoTime() + lockLimit.toNanos();
    try (PreparedStatement s = c.prepareStatement("SELECT pg_try_advisory_xact_lock(?)")) {
      s.setLong(1, LOCK);
      while (true) {
        try (ResultSet r = s.executeQuery()) {
          if (r.next() && r.getBoolean(1)) {
            return;
          }
        }
        c.rollback(); // hold no snapshot while waiting
        if (System.nanoTime() > deadline) {
          throw new ProblemException(
              "schema-lock-taken",
              "Another process has been changing the control schema for more than "
                  + lockLimit
                  + ".",
              "Look for it in pg_stat_activity, and start again when it has ended.");
        }
        Thread.sleep(POLL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SQLException("interrupted while waiting for the schema lock", e);
    }
  }

  private static void makeBook(Connection c) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.execute(
          """
          CREATE SCHEMA IF NOT EXISTS copyhold;
          CREATE TABLE IF NOT EXISTS copyhold.schema_format (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            format integer NOT NULL);
          CREATE TABLE IF NOT EXISTS copyhold.schema_part (
            name text PRIMARY KEY,
            checksum text NOT NULL,
            applied timestamptz NOT NULL DEFAULT now())
          """);
    }
    try (PreparedStatement s =
        c.prepareStatement(
            "INSERT INTO copyhold.schema_format (format) VALUES (?) ON CONFLICT DO NOTHING")) {
      s.setInt(1, FORMAT);
      s.executeUpdate();
    }
  }

  private static void requireFormat(Connection c) throws SQLException {
    try (Statement s = c.createStatement();
        ResultSet r = s.executeQuery("SELECT format FROM copyhold.schema_format")) {
      int format = r.next() ? r.getInt(1) : 0;
      if (format != FORMAT) {
        throw new ProblemException(
            "other-release",
            "The control database has format "
                + format
                + ", this release works with format "
                + FORMAT
                + ".",
            format > FORMAT
                ? "Start a newer release of Copyhold."
                : "Start the release that made it, and follow its notes on upgrading.");
      }
    }
  }

  private static Map<String, String> applied(Connection c) throws SQLException {
    Map<String, String> applied = new LinkedHashMap<>();
    try (Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery("SELECT name, checksum FROM copyhold.schema_part ORDER BY name")) {
      while (r.next()) {
        applied.put(r.getString(1), r.getString(2));
      }
    }
    return applied;
  }

  private void requireSameRelease(Map<String, String> applied) {
    Map<String, String> known =
        parts.stream().collect(Collectors.toMap(Part::name, Part::checksum));
    applied.forEach((name, checksum) -> {
      if (!known.containsKey(name)) {
        throw new ProblemException(
            "other-release",
            "The control database holds " + name + ", which this release does not know.",
            "Start a newer release of Copyhold.");
      }
      if (!checksum.equals(known.get(name))) {
        throw new ProblemException(
            "other-release",
            "The control database was made with another content of " + name + ".",
            "Start the release that made it; a released schema file never changes.");
      }
    });
  }

  private static void apply(Connection c, Part part) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.execute(part.sql());
    } catch (SQLException e) {
      throw new SQLException(part.name() + ": " + e.getMessage(), e.getSQLState(), e);
    }
    try (PreparedStatement s =
        c.prepareStatement("INSERT INTO copyhold.schema_part (name, checksum) VALUES (?, ?)")) {
      s.setString(1, part.name());
      s.setString(2, part.checksum());
      s.executeUpdate();
    }
  }
}
