package io.copyhold.runtime.entity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Events that a replay passes over, because an operator said so.
 *
 * @param versions single events
 * @param spans what came after a version that an operator went back to
 */
record Skips(Set<Long> versions, List<Quarantine.Span> spans) {
  static final Skips NONE = new Skips(Set.of(), List.of());

  Skips {
    versions = Set.copyOf(versions);
    spans = List.copyOf(spans);
  }

  /** As the view of a {@link Quarantine} tells them. */
  static Skips of(JsonNode verdict) {
    Set<Long> versions = new TreeSet<>();
    verdict.path("skips").forEach(skip -> versions.add(skip.asLong()));
    List<Quarantine.Span> spans = new ArrayList<>();
    verdict
        .path("restored")
        .forEach(span ->
            spans.add(
                new Quarantine.Span(span.path("after").asLong(), span.path("newest").asLong())));
    return new Skips(versions, spans);
  }

  boolean contains(long version) {
    return versions.contains(version) || spans.stream().anyMatch(span -> span.contains(version));
  }

  boolean isEmpty() {
    return versions.isEmpty() && spans.isEmpty();
  }
}
