package io.copyhold.http;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.agenda.Agenda;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** Keeps rows and hands none out: these tests wake nobody. */
final class MemoryAgenda implements Agenda {
  private final Map<String, Row> rows = new ConcurrentHashMap<>();

  @Override
  public CompletionStage<Void> put(List<Row> more) {
    more.forEach(row -> rows.put(row.entity() + "#" + row.name(), row));
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletionStage<Void> remove(EntityRef entity, List<String> names) {
    names.forEach(name -> rows.remove(entity + "#" + name));
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletionStage<Void> removeDue(EntityRef entity, String name) {
    return remove(entity, List.of(name));
  }

  @Override
  public CompletionStage<List<Due>> take(int range, int ranges, int limit, Duration visibility) {
    return CompletableFuture.completedFuture(List.of());
  }

  @Override
  public CompletionStage<Optional<Standing>> find(EntityRef entity, String name) {
    return CompletableFuture.completedFuture(
        Optional.ofNullable(rows.get(entity + "#" + name))
            .map(row -> new Standing(row.due(), Instant.now())));
  }

  @Override
  public CompletionStage<Integer> wakeAllOf(String node) {
    return CompletableFuture.completedFuture(0);
  }

  @Override
  public CompletionStage<Long> size() {
    return CompletableFuture.completedFuture((long) rows.size());
  }
}
