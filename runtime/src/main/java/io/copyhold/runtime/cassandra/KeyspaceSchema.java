package io.copyhold.runtime.cassandra;

import com.datastax.oss.driver.api.core.CqlSession;
import com.datastax.oss.driver.api.core.cql.ResultSet;
import com.datastax.oss.driver.api.core.cql.Row;
import com.datastax.oss.driver.api.core.cql.SimpleStatement;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The tables of the control keyspace, made of CQL files that modules contribute. CQL has no
 * transaction over tables, so:
 *
 * <ol>
 *   <li>Make the lock's and the book's table, under ids that follow from their names: two processes
 *       that make them at once make the same.
 *   <li>Take the lock (a row that expires, should its holder die).
 *   <li>Refuse a book with a file that we do not know, or with another content.
 *   <li>Apply what is missing, statement by statement; each says IF NOT EXISTS, so that one which
 *       was interrupted is applied again. Write it into the book, give the lock back.
 * </ol>
 *
 * A file that was released never changes; a change is a new file with a higher number.
 */
@PortAdapter
public final class KeyspaceSchema {
  private static final Duration POLL = Duration.ofMillis(100);

  /** Seconds until the lock of a process that died is free; renewed with each statement. */
  private static final int HELD_S = 60;

  private static final String LOCK =
      "CREATE TABLE IF NOT EXISTS schema_lock (one text PRIMARY KEY, holder uuid) WITH ID = ";

  private static final String BOOK =
      "CREATE TABLE IF NOT EXISTS schema_part"
          + " (name text PRIMARY KEY, checksum text, applied timestamp) WITH ID = ";

  /**
   * One file.
   *
   * @param name such as {@code 100-secret.cql}: its number orders it, its name is unique for ever
   * @param cql statements, each repeatable and ended by {@code ;} at the end of a line; lines that
   *     begin with {@code --} are comments
   */
  public record Part(String name, String cql) {
    public Part {
      if (!name.matches("[0-9]{3}-[a-z0-9-]+\\.cql")) {
        throw new IllegalArgumentException("not the name of a schema file: " + name);
      }
    }

    /** Reads {@code /copyhold/cassandra/NAME} from the module of that class. */
    public static Part of(Class<?> near, String name) {
      try (InputStream in = near.getResourceAsStream("/copyhold/cassandra/" + name)) {
        if (in == null) {
          throw new IllegalArgumentException("no resource /copyhold/cassandra/" + name);
        }
        String cql = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        return new Part(name, cql.replace("\r\n", "\n"));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** SHA-256 of the file, in hexadecimal digits. */
    public String checksum() {
      try {
        byte[] digest =
            MessageDigest.getInstance("SHA-256").digest(cql.getBytes(StandardCharsets.UTF_8));
        return HexFormat.of().formatHex(digest);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("this JDK lacks SHA-256", e);
      }
    }

    List<String> statements() {
      String code =
          cql.lines()
              .filter(line -> !line.strip().startsWith("--"))
              .collect(Collectors.joining("\n"));
      return Stream.of(code.split(";[ \t]*(\n|$)", -1))
          .map(String::strip)
          .filter(statement -> !statement.isEmpty())
          .toList();
    }
  }

  private final List<Part> parts;

  public KeyspaceSchema(List<Part> parts) {
    this.parts = parts.stream().sorted(Comparator.comparing(Part::name)).toList();
    if (parts.stream().map(Part::name).distinct().count() != parts.size()) {
      throw new IllegalArgumentException("two schema files of one name");
    }
  }

  /**
   * Brings the keyspace to these files; does nothing when it is there already. Safe to repeat and
   * from several processes at once. Blocks.
   *
   * @throws ProblemException the keyspace belongs to another release, the lock stays taken, or
   *     Cassandra does not answer
   */
  public void apply(ControlKeyspace keyspace) {
    CqlSession session = keyspace.session();
    Duration limit = keyspace.settings().schemaLimit();
    try {
      change(session, LOCK + id(keyspace, "schema_lock"), limit);
      change(session, BOOK + id(keyspace, "schema_part"), limit);
      if (missing(session).isEmpty()) {
        return;
      }
      UUID holder = UUID.randomUUID();
      lock(session, holder, limit);
      try {
        for (Part part : missing(session)) {
          for (String statement : part.statements()) {
            renew(session, holder);
            change(session, statement, limit);
          }
          session.execute(
              "INSERT INTO schema_part (name, checksum, applied) VALUES (?, ?, toTimestamp(now()))",
              part.name(),
              part.checksum());
        }
      } finally {
        session.execute("DELETE FROM schema_lock WHERE one = 'schema' IF holder = ?", holder);
      }
    } catch (RuntimeException e) {
      throw ControlKeyspace.translated(e);
    }
  }

  private static UUID id(ControlKeyspace keyspace, String table) {
    String name = "copyhold/" + keyspace.settings().keyspace() + "/" + table;
    return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
  }

  private List<Part> missing(CqlSession session) {
    Map<String, String> applied = new HashMap<>();
    ResultSet rows = session.execute("SELECT name, checksum FROM schema_part");
    for (Row row : rows) {
      applied.put(row.getString("name"), row.getString("checksum"));
    }
    Map<String, String> known =
        parts.stream().collect(Collectors.toMap(Part::name, Part::checksum));
    applied.forEach((name, checksum) -> {
      if (!known.containsKey(name)) {
        throw new ProblemException(
            "other-release",
            "The control keyspace holds " + name + ", which this release does not know.",
            "Start a newer release of Copyhold.");
      }
      if (!checksum.equals(known.get(name))) {
        throw new ProblemException(
            "other-release",
            "The control keyspace was made with another content of " + name + ".",
            "Start the release that made it; a released schema file never changes.");
      }
    });
    return parts.stream().filter(part -> !applied.containsKey(part.name())).toList();
  }

  private static void change(CqlSession session, String statement, Duration limit) {
    session.execute(SimpleStatement.newInstance(statement).setTimeout(limit));
  }

  private static void lock(CqlSession session, UUID holder, Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!session
        .execute(
            "INSERT INTO schema_lock (one, holder) VALUES ('schema', ?) IF NOT EXISTS USING TTL ?",
            holder,
            HELD_S)
        .wasApplied()) {
      if (System.nanoTime() > deadline) {
        throw new ProblemException(
            "schema-lock-taken",
            "Another process has been changing the control keyspace for more than " + limit + ".",
            "Look for it, and start again when it has ended.");
      }
      try {
        Thread.sleep(POLL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ProblemException(
            "interrupted", "Interrupted while waiting for the schema lock.", "Start again.", e);
      }
    }
  }

  private static void renew(CqlSession session, UUID holder) {
    boolean held =
        session
            .execute(
                "UPDATE schema_lock USING TTL ? SET holder = ? WHERE one = 'schema' IF holder = ?",
                HELD_S,
                holder,
                holder)
            .wasApplied();
    if (!held) {
      throw new ProblemException(
          "schema-lock-lost",
          "Changing the control keyspace took so long that another process went on with it.",
          "Start again; what was applied stays.");
    }
  }
}
