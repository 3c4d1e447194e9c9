package io.copyhold.runtime.operation;

import io.copyhold.runtime.EntityRef;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Port to the list of operations that have not ended. May lag behind. */
public interface LiveOperations {
  /**
   * One of them.
   *
   * @param type of operation
   * @param updatedAt when something last happened to it
   */
  record Seen(EntityRef operation, String type, Instant updatedAt) {}

  /**
   * Some of them.
   *
   * @param next where the rest begins, or null
   */
  record Page(List<Seen> seen, @Nullable String next) {
    public Page {
      seen = List.copyOf(seen);
    }
  }

  /**
   * @param from null for the first page
   */
  CompletionStage<Page> page(@Nullable String from, int limit);
}
