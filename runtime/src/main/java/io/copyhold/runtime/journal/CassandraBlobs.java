package io.copyhold.runtime.journal;

import com.datastax.oss.driver.api.core.cql.Row;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Blobs in Cassandra, in pieces: a whole one would exceed what its log takes at once. The number of
 * pieces is written last, so one that is half there is not there.
 */
public final class CassandraBlobs implements Blobs {
  private static final int PIECE_BYTES = 256 * 1024;

  private final ControlKeyspace keyspace;

  public CassandraBlobs(ControlKeyspace keyspace) {
    this.keyspace = keyspace;
  }

  @Override
  public CompletionStage<String> put(byte[] content) {
    if (content.length > MAX_BYTES) {
      return CompletableFuture.failedStage(BlobDigest.tooLarge(content.length));
    }
    ByteBuffer kept = ByteBuffer.wrap(content.clone());
    byte[] digest = BlobDigest.of(kept.array());
    ByteBuffer key = ByteBuffer.wrap(digest);
    int pieces = Math.max(1, Math.ceilDiv(content.length, PIECE_BYTES));
    List<CompletableFuture<?>> all = new ArrayList<>();
    for (int piece = 0; piece < pieces; piece++) {
      int from = piece * PIECE_BYTES;
      all.add(
          keyspace
              .later(
                  "INSERT INTO blob (digest, piece, content) VALUES (?, ?, ?)",
                  key,
                  piece,
                  kept.slice(from, Math.min(PIECE_BYTES, content.length - from)))
              .toCompletableFuture());
    }
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
        .thenCompose(
            _ -> keyspace.later("INSERT INTO blob (digest, pieces) VALUES (?, ?)", key, pieces))
        .thenApply(_ -> HexFormat.of().formatHex(digest));
  }

  @Override
  public CompletionStage<Optional<byte[]>> get(String digest) {
    if (!digest.matches("[0-9a-f]{64}")) {
      return CompletableFuture.completedStage(Optional.empty());
    }
    byte[] wanted = HexFormat.of().parseHex(digest);
    return keyspace
        .rows("SELECT pieces, content FROM blob WHERE digest = ?", ByteBuffer.wrap(wanted))
        .thenApply(rows ->
            rows.isEmpty() || rows.getFirst().isNull("pieces")
                ? Optional.empty()
                : Optional.of(BlobDigest.checked(joined(rows), wanted)));
  }

  private static byte[] joined(List<Row> pieces) {
    List<ByteBuffer> contents =
        pieces.stream()
            .map(row -> Objects.requireNonNull(row.getByteBuffer("content"), "content"))
            .toList();
    ByteBuffer whole = ByteBuffer.allocate(contents.stream().mapToInt(ByteBuffer::remaining).sum());
    contents.forEach(whole::put);
    return whole.array();
  }
}
