package io.copyhold.config.secret;

import com.datastax.oss.driver.api.core.cql.Row;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.cassandra.KeyspaceSchema;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Sealed secrets in Cassandra; every change is a lightweight transaction. */
public final class CassandraSecretRows implements SecretRows {
  /** The tables, for {@link KeyspaceSchema}. */
  public static final KeyspaceSchema.Part SCHEMA =
      KeyspaceSchema.Part.of(CassandraSecretRows.class, "110-secret.cql");

  /** Writers of one secret at once, many times over. */
  private static final int ATTEMPTS = 100;

  private final ControlKeyspace keyspace;

  /**
   * @param keyspace the control keyspace; the tables exist
   */
  public CassandraSecretRows(ControlKeyspace keyspace) {
    this.keyspace = keyspace;
  }

  private record Kept(int version, byte[] sealed) {}

  @Override
  public byte[] checkOr(byte[] first) {
    on(
        keyspace.conditionally(
            "INSERT INTO secret_key_check (one, sealed) VALUES ('all', ?) IF NOT EXISTS",
            ByteBuffer.wrap(first)));
    return check().orElseThrow(); // perhaps of another node, which was first
  }

  @Override
  public Optional<byte[]> check() {
    return on(keyspace.rowsSerially("SELECT sealed FROM secret_key_check WHERE one = 'all'"))
        .stream()
        .map(CassandraSecretRows::sealed)
        .findFirst();
  }

  @Override
  public void put(String name, byte[] sealed) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Kept old = kept(name);
      if (old == null ? add(name, sealed) : replace(name, old, sealed)) {
        return;
      }
    }
    throw contended();
  }

  @Override
  public void putIfAbsent(String name, byte[] sealed) {
    add(name, sealed);
  }

  private boolean add(String name, byte[] sealed) {
    return on(
        keyspace.conditionally(
            "INSERT INTO secret (name, version, sealed, created)"
                + " VALUES (?, 1, ?, toTimestamp(now())) IF NOT EXISTS",
            name,
            ByteBuffer.wrap(sealed)));
  }

  private boolean replace(String name, Kept old, byte[] sealed) {
    return on(
        keyspace.conditionally(
            "UPDATE secret SET version = ?, sealed = ?, created = toTimestamp(now())"
                + " WHERE name = ? IF version = ?",
            old.version() + 1,
            ByteBuffer.wrap(sealed),
            name,
            old.version()));
  }

  @Override
  public Optional<byte[]> get(String name) {
    return Optional.ofNullable(kept(name)).map(Kept::sealed);
  }

  private @Nullable Kept kept(String name) {
    List<Row> rows =
        on(keyspace.rowsSerially("SELECT version, sealed FROM secret WHERE name = ?", name));
    return rows.isEmpty()
        ? null
        : new Kept(rows.getFirst().getInt("version"), sealed(rows.getFirst()));
  }

  @Override
  public boolean delete(String name) {
    return on(keyspace.conditionally("DELETE FROM secret WHERE name = ? IF EXISTS", name));
  }

  @Override
  public boolean change(String name, UnaryOperator<byte[]> change) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      Kept old = kept(name);
      if (old == null) {
        return false;
      }
      if (replace(name, old, change.apply(old.sealed()))) {
        return true;
      }
    }
    throw contended();
  }

  @Override
  public List<String> names() {
    return on(keyspace.rows("SELECT name FROM secret")).stream()
        .map(row -> Objects.requireNonNull(row.getString("name")))
        .sorted()
        .toList();
  }

  private static byte[] sealed(Row row) {
    ByteBuffer buffer = Objects.requireNonNull(row.getByteBuffer("sealed"));
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }

  private static <T> T on(CompletionStage<T> stage) {
    try {
      return ControlKeyspace.await(stage);
    } catch (ProblemException e) {
      throw new ProblemException(away(), e);
    }
  }

  private static ProblemException contended() {
    return new ProblemException(away());
  }

  private static Problem away() {
    return Problem.unavailable("secrets-away", "the control database does not give out secrets now")
        .todo("try again when it answers");
  }
}
