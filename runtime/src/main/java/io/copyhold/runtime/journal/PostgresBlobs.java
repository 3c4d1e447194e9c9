package io.copyhold.runtime.journal;

import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Blobs in the control database. */
public final class PostgresBlobs implements Blobs {
  private final ControlDatabase database;

  public PostgresBlobs(ControlDatabase database) {
    this.database = database;
  }

  @Override
  public CompletionStage<String> put(byte[] content) {
    if (content.length > MAX_BYTES) {
      return CompletableFuture.failedStage(BlobDigest.tooLarge(content.length));
    }
    byte[] kept = content.clone();
    byte[] digest = BlobDigest.of(kept);
    return database.later(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement(
              "INSERT INTO copyhold.blob (digest, content) VALUES (?, ?) ON CONFLICT DO NOTHING")) {
        s.setBytes(1, digest);
        s.setBytes(2, kept);
        s.executeUpdate();
        return HexFormat.of().formatHex(digest);
      }
    });
  }

  @Override
  public CompletionStage<Optional<byte[]>> get(String digest) {
    if (!digest.matches("[0-9a-f]{64}")) {
      return CompletableFuture.completedStage(Optional.empty());
    }
    byte[] wanted = HexFormat.of().parseHex(digest);
    return database.later(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement("SELECT content FROM copyhold.blob WHERE digest = ?")) {
        s.setBytes(1, wanted);
        try (ResultSet r = s.executeQuery()) {
          if (!r.next()) {
            return Optional.empty();
          }
          return Optional.of(BlobDigest.checked(r.getBytes(1), wanted));
        }
      }
    });
  }
}
