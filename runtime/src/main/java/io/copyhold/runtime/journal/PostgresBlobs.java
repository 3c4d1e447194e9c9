package io.copyhold.runtime.journal;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.Arrays;
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
      return CompletableFuture.failedStage(
          new ProblemException(
              Problem.of(
                      Problem.Kind.TOO_LARGE,
                      "blob-too-large",
                      content.length + " bytes are too many: the limit is " + MAX_BYTES)
                  .todo("split it")));
    }
    byte[] kept = content.clone();
    byte[] digest = sha256(kept);
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
          byte[] content = r.getBytes(1);
          if (!Arrays.equals(sha256(content), wanted)) {
            throw new ProblemException(
                Problem.of(Problem.Kind.FAULT, "blob-corrupt", "its bytes do not fit their digest")
                    .at("copyhold.blob " + digest)
                    .todo("restore this row from a backup of the control database"));
          }
          return Optional.of(content);
        }
      }
    });
  }

  private static byte[] sha256(byte[] content) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(content);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
