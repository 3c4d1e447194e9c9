package io.copyhold.runtime.journal;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.ProblemException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Entities whose first events were stored by their owner on this node a moment ago, so that their
 * own actor need not read them back. Known for the first recovery, and only under the term of that
 * write: under it nobody else can have written.
 */
final class Newborn {
  private static final int MAX = 10_000;

  private record Born(List<Journaled> events, long term) {}

  private final Terms terms;
  private final Map<String, Born> born = new ConcurrentHashMap<>();

  Newborn(Terms terms) {
    this.terms = terms;
  }

  /** Events that were stored with others, if they are its first. */
  void add(Journaled.Attached attached, long term) {
    if (attached.from() == 1) {
      if (born.size() >= MAX) {
        born.clear(); // it only spares reads
      }
      born.put(attached.entity().persistenceId(), new Born(attached.events(), term));
    }
  }

  /** How many events there are; 0 when that is not known here. */
  int events(String persistenceId) {
    Born found = find(persistenceId);
    return found == null ? 0 : found.events().size();
  }

  /** All events, once; none when they are not known here. */
  List<Journaled> take(String persistenceId) {
    Born found = find(persistenceId);
    born.remove(persistenceId);
    return found == null ? List.of() : found.events();
  }

  /** It writes its own events from now on. */
  void known(String persistenceId) {
    born.remove(persistenceId);
  }

  private @Nullable Born find(String persistenceId) {
    Born found = born.get(persistenceId);
    if (found == null) {
      return null;
    }
    try {
      return terms.of(EntityRef.parse(persistenceId)) == found.term() ? found : null;
    } catch (ProblemException lost) {
      return null;
    }
  }
}
