package io.copyhold.runtime.operation;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.view.Directory;
import io.copyhold.runtime.view.Query;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The operations that have not ended, from the directory.
 *
 * @param blocking runs the search
 */
public record DirectoryOperations(Directory directory, Executor blocking)
    implements LiveOperations {
  private static final Map<String, List<String>> LIVE =
      Map.of("state", List.of("running", "waiting", "retrying", "paused", "stranded"));

  @Override
  public CompletionStage<Page> page(@Nullable String from, int limit) {
    return CompletableFuture.supplyAsync(
        () -> {
          var page = list(Query.of(EntityRef.OPERATION, limit).where(LIVE).from(from));
          return new Page(
              page.rows().stream()
                  .map(row ->
                      new Seen(row.entity(), row.summary().path("type").asText(), row.updatedAt()))
                  .toList(),
              page.next());
        },
        blocking);
  }

  /** How many operations have a field of this value, such as {@code stalled}. */
  public CompletionStage<Long> count(String field, String value) {
    return CompletableFuture.supplyAsync(
        () -> list(Query.of(EntityRef.OPERATION, 1).where(Map.of(field, List.of(value)))).total(),
        blocking);
  }

  private io.copyhold.runtime.view.Page list(Query query) {
    try {
      return directory.list(query);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(e);
    }
  }
}
