package io.copyhold.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.http.admin.Listing;
import io.copyhold.http.stream.Changes;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Codec;
import io.copyhold.runtime.journal.Journaled;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/** The directory and the changes of one process, by the same rules as the real ones. */
final class MemoryDirectory implements Listing, Changes {
  private final Map<EntityRef, Row> rows = new HashMap<>();
  private final List<Change> changes = new ArrayList<>();
  private final Map<String, Long> versions = new HashMap<>();
  private final Codec codec;

  MemoryDirectory(Codec codec) {
    this.codec = codec;
  }

  synchronized void stored(String persistenceId, List<Journaled> events) {
    EntityRef ref = EntityRef.parse(persistenceId);
    for (Journaled event : events) {
      long version = versions.merge(persistenceId, 1L, Long::sum);
      changes.add(
          new Change(
              String.valueOf(changes.size() + 1),
              ref,
              version,
              codec.name(ref.type(), event.event()),
              event.at(),
              event.summary()));
      Row old = rows.get(ref);
      JsonNode summary =
          event.summary() != null ? event.summary() : old == null ? null : old.summary();
      if (summary != null) {
        rows.put(ref, new Row(ref, version, event.at(), summary));
      }
    }
    notifyAll();
  }

  @Override
  public synchronized Page list(Query query) throws InterruptedException {
    boolean upToDate = true;
    if (query.after() instanceof Position(var entity, var version)) {
      long deadline = query.afterMax().toMillis() / 20;
      while (versions.getOrDefault(entity.persistenceId(), 0L) < version && deadline-- > 0) {
        wait(20);
      }
      upToDate = versions.getOrDefault(entity.persistenceId(), 0L) >= version;
    }
    Comparator<Row> order = Comparator.comparing(row -> value(row, query.sort()));
    List<Row> found =
        rows.values().stream()
            .filter(row -> row.entity().type().equals(query.type()))
            .filter(row -> query.prefix() == null || row.entity().id().startsWith(query.prefix()))
            .filter(row -> query.text() == null || row.summary().toString().contains(query.text()))
            .filter(row ->
                query.filters().entrySet().stream()
                    .allMatch(filter -> matches(row, filter.getKey(), filter.getValue())))
            .sorted(query.descending() ? order.reversed() : order)
            .toList();
    int from = 0;
    if (query.cursor() != null) {
      try {
        from = Integer.parseInt(query.cursor());
      } catch (NumberFormatException e) {
        throw new ProblemException(
            Problem.of(Problem.Kind.MALFORMED, "cursor-malformed", "this is no cursor")
                .at("?cursor"));
      }
    }
    int to = Math.min(found.size(), from + query.limit());
    Map<String, Map<String, Long>> facets = new TreeMap<>();
    for (String field : query.facets()) {
      Map<String, Long> counts = facets.computeIfAbsent(field, _ -> new TreeMap<>());
      found.forEach(row -> counts.merge(value(row, field), 1L, Long::sum));
    }
    return new Page(
        found.subList(Math.min(from, to), to),
        to < found.size() ? String.valueOf(to) : null,
        found.size(),
        0,
        upToDate,
        facets);
  }

  @Override
  public synchronized Optional<Row> find(EntityRef entity) {
    return Optional.ofNullable(rows.get(entity));
  }

  private static String value(Row row, String field) {
    return field.equals("id") ? row.entity().id() : row.summary().path(field).asText();
  }

  private static boolean matches(Row row, String field, List<String> values) {
    if (field.equals("id")) {
      return values.contains(row.entity().id());
    }
    JsonNode node = row.summary().path(field);
    if (node.isArray()) {
      for (JsonNode one : node) {
        if (values.contains(one.asText())) {
          return true;
        }
      }
      return false;
    }
    return values.contains(node.asText());
  }

  @Override
  public Source<Change, NotUsed> after(@Nullable String offset) {
    int from;
    synchronized (this) {
      try {
        from = offset == null ? changes.size() : offset.isEmpty() ? 0 : Integer.parseInt(offset);
      } catch (NumberFormatException e) {
        return Source.failed(
            new ProblemException(
                Problem.of(Problem.Kind.MALFORMED, "offset-malformed", "this is no offset")
                    .at("Last-Event-ID")));
      }
    }
    return Source.unfoldAsync(from, this::next);
  }

  private java.util.concurrent.CompletionStage<
          Optional<org.apache.pekko.japi.Pair<Integer, Change>>>
      next(int at) {
    var answer =
        new java.util.concurrent.CompletableFuture<
            Optional<org.apache.pekko.japi.Pair<Integer, Change>>>();
    Thread.ofVirtual()
        .start(() -> {
          synchronized (this) {
            while (changes.size() <= at) {
              try {
                wait();
              } catch (InterruptedException e) {
                return;
              }
            }
            answer.complete(
                Optional.of(org.apache.pekko.japi.Pair.create(at + 1, changes.get(at))));
          }
        });
    return answer;
  }
}
