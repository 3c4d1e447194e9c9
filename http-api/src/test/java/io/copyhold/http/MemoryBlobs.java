package io.copyhold.http;

import io.copyhold.runtime.entity.Digest;
import io.copyhold.runtime.journal.Blobs;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** Blobs of one process. */
final class MemoryBlobs implements Blobs {
  private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();

  @Override
  public CompletionStage<String> put(byte[] content) {
    String digest = Digest.of(content);
    blobs.put(digest, content.clone());
    return CompletableFuture.completedFuture(digest);
  }

  @Override
  public CompletionStage<Optional<byte[]>> get(String digest) {
    return CompletableFuture.completedFuture(Optional.ofNullable(blobs.get(digest)));
  }
}
