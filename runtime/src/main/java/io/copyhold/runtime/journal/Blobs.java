package io.copyhold.runtime.journal;

import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Port to immutable bytes under the SHA-256 of their content, for what is too big for an event: a
 * migration's script. An event holds the digest.
 */
public interface Blobs {
  /** Of one blob, in bytes: 4 MiB. */
  int MAX_BYTES = 4 * 1024 * 1024;

  /**
   * Completes with the digest, 64 hexadecimal digits, when the bytes are durable. Idempotent.
   *
   * <p>Fails with a {@link io.copyhold.runtime.ProblemException}: {@code blob-too-large}, or the
   * database is away.
   */
  CompletionStage<String> put(byte[] content);

  /** The bytes, checked against the digest; empty when nobody put them. */
  CompletionStage<Optional<byte[]>> get(String digest);
}
