package io.copyhold.runtime.journal;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.ProblemException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What this node knows of an entity's events before its actor reads them: the first ones, when the
 * owner stored them a moment ago, or the version of the newest, read with the snapshot. Good for
 * one recovery, and only under the term under which it was learnt: under it nobody else can have
 * written. Losing it costs a read.
 */
final class Recovering {
  private static final int MAX = 10_000;
  private static final long UNKNOWN = -1;

  /**
   * @param events all there are; empty when they are to be read
   */
  private record Known(long newest, List<Journaled> events, long term) {}

  private final Terms terms;
  private final Map<String, Known> known = new ConcurrentHashMap<>();

  Recovering(Terms terms) {
    this.terms = terms;
  }

  /** Events that were stored with others, if they are its first. */
  void born(Journaled.Attached attached, long term) {
    if (attached.from() == 1) {
      put(
          attached.entity().persistenceId(),
          new Known(attached.events().size(), attached.events(), term));
    }
  }

  /** Whether all its events are known here, so that there can be no snapshot. */
  boolean born(String persistenceId) {
    Known found = find(persistenceId);
    return found != null && !found.events().isEmpty();
  }

  /** The version of its newest event was read. */
  void newest(String persistenceId, long version) {
    long term = term(persistenceId);
    if (term != UNKNOWN) {
      put(persistenceId, new Known(version, List.of(), term));
    }
  }

  /** The version of its newest event; less than 0 when that is to be read. */
  long newest(String persistenceId) {
    Known found = find(persistenceId);
    return found == null ? UNKNOWN : found.newest();
  }

  /** All events, once; none when they are to be read. */
  List<Journaled> take(String persistenceId) {
    Known found = find(persistenceId);
    known.remove(persistenceId);
    return found == null ? List.of() : found.events();
  }

  /** It writes its own events from now on. */
  void writes(String persistenceId) {
    known.remove(persistenceId);
  }

  private void put(String persistenceId, Known what) {
    if (known.size() >= MAX) {
      known.clear();
    }
    known.put(persistenceId, what);
  }

  private @Nullable Known find(String persistenceId) {
    Known found = known.get(persistenceId);
    return found != null && found.term() == term(persistenceId) ? found : null;
  }

  private long term(String persistenceId) {
    try {
      return terms.of(EntityRef.parse(persistenceId));
    } catch (ProblemException notOurs) {
      return UNKNOWN;
    }
  }
}
