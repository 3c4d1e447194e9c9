package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What this node has seen of entities whose replay fails. A cache: the verdict is journaled by
 * {@link Quarantine}, and a node that knows nothing finds out by failing as often again.
 * Thread-safe.
 */
public final class Quarantines {
  /**
   * @param skips versions an operator has said to skip
   */
  record Case(int failures, long version, boolean tooNew, String cause, Set<Long> skips) {}

  private final Map<EntityRef, Case> cases = new ConcurrentHashMap<>();
  private final LongAdder tooNew = new LongAdder();

  /** Replays on this node that met an event of a newer version. */
  public long tooNewSoFar() {
    return tooNew.sum();
  }

  /** A replay failed at an event. */
  void failed(EntityRef entity, PoisonEvent poison) {
    if (poison.tooNew()) {
      tooNew.increment();
    }
    cases.merge(
        entity,
        new Case(
            1, poison.version(), poison.tooNew(), String.valueOf(poison.getMessage()), Set.of()),
        (old, fresh) ->
            new Case(
                old.version() == fresh.version() ? old.failures() + 1 : 1,
                fresh.version(),
                fresh.tooNew(),
                fresh.cause(),
                old.skips()));
  }

  @Nullable Case find(EntityRef entity) {
    return cases.get(entity);
  }

  Set<Long> skips(EntityRef entity) {
    Case found = cases.get(entity);
    return found == null ? Set.of() : found.skips();
  }

  /** Let it try again, passing over {@code skips}. */
  void release(EntityRef entity, Set<Long> skips) {
    if (skips.isEmpty()) {
      cases.remove(entity);
    } else {
      cases.put(entity, new Case(0, 0, false, "", Set.copyOf(new TreeSet<>(skips))));
    }
  }

  /** Entities in quarantine on this node, for health. */
  public int size(int failuresMin) {
    return (int) cases.values().stream().filter(c -> c.failures() >= failuresMin).count();
  }
}
