package io.copyhold.runtime.entity;

import io.copyhold.runtime.journal.Journaled;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the shell folds from the journal: the entity's state, the number of its events, and the
 * idempotency keys of late.
 */
record ShellState<S>(S state, long version, List<Key> keys) {
  /** A command with this key led to {@code version}. */
  record Key(String principal, String key, String digest, long version, Instant at) {}

  static <S> ShellState<S> initial(S state) {
    return new ShellState<>(state, 0, List.of());
  }

  /**
   * @param next the state after the event
   */
  ShellState<S> after(Journaled event, S next, int keysMax) {
    if (event.origin().idempotencyKey() == null || event.digest() == null) {
      return new ShellState<>(next, version + 1, keys);
    }
    List<Key> kept =
        new ArrayList<>(keys.subList(Math.max(0, keys.size() - keysMax + 1), keys.size()));
    kept.add(
        new Key(
            event.origin().principal(),
            event.origin().idempotencyKey(),
            event.digest(),
            version + 1,
            event.at()));
    return new ShellState<>(next, version + 1, List.copyOf(kept));
  }

  @Nullable Key key(String principal, @Nullable String key, Instant now, Duration age) {
    if (key == null) {
      return null;
    }
    for (int i = keys.size() - 1; i >= 0; i--) {
      Key k = keys.get(i);
      if (k.key().equals(key) && k.principal().equals(principal)) {
        return k.at().plus(age).isBefore(now) ? null : k;
      }
    }
    return null;
  }
}
