package io.copyhold.chaos.simulation;

import io.copyhold.chaos.simulation.Happening.Acknowledged;
import io.copyhold.chaos.simulation.Happening.Appended;
import io.copyhold.runtime.EntityRef;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client was told is in the journal, at the version it was told; a stream has no holes; and
 * a command's key leads to events once.
 */
final class NoAcknowledgedWriteLost implements Invariant {
  private record Key(EntityRef entity, String key) {}

  private final Map<EntityRef, Long> versions = new HashMap<>();
  private final Map<Key, Long> keyed = new HashMap<>();

  @Override
  public @Nullable String violatedBy(Happening happening) {
    return switch (happening) {
      case Appended appended -> appended(appended);
      case Acknowledged acknowledged -> acknowledged(acknowledged);
      default -> null;
    };
  }

  private @Nullable String appended(Appended a) {
    Long before = versions.put(a.entity(), a.version());
    if ((before == null ? 0 : before) + 1 != a.version()) {
      return "%s: event %d came after event %s".formatted(a.entity(), a.version(), before);
    }
    String key = a.event().origin().idempotencyKey();
    if (key == null || a.event().digest() == null) {
      return null;
    }
    Long first = keyed.put(new Key(a.entity(), key), a.version());
    return first == null
        ? null
        : "%s: the command of key %s led to event %d and again to event %d"
            .formatted(a.entity(), key, first, a.version());
  }

  private @Nullable String acknowledged(Acknowledged a) {
    long newest = versions.getOrDefault(a.entity(), 0L);
    if (a.reply().version() > newest) {
      return "%s: version %d was acknowledged to %s, and the journal ends at %d"
          .formatted(a.entity(), a.reply().version(), a.key(), newest);
    }
    Long at = keyed.get(new Key(a.entity(), a.key()));
    return !a.reply().events().isEmpty() && (at == null || at != a.reply().version())
        ? "%s: %s were acknowledged to %s at version %d, and the journal has them at %s"
            .formatted(a.entity(), a.reply().events(), a.key(), a.reply().version(), at)
        : null;
  }
}
