package io.copyhold.runtime.journal;

import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Writes of which it is unknown whether they were stored: a write that failed here, or one that a
 * former owner left unsettled. Cassandra may show such an event later than a follower passed its
 * entry, so it is listed once more when its entity recovers or stores again. As many as there are
 * entities with such a write; an outage fails writes before they are sent.
 */
final class CassandraDoubts {
  private final Map<String, Long> from = new ConcurrentHashMap<>();

  /**
   * @param entity key of its events
   * @param version the first in doubt
   */
  void add(String entity, long version) {
    from.merge(entity, version, Math::min);
  }

  OptionalLong of(String entity) {
    Long version = from.get(entity);
    return version == null ? OptionalLong.empty() : OptionalLong.of(version);
  }

  /** It stored events after those; they were listed with them. */
  void resolved(String entity) {
    from.remove(entity);
  }
}
