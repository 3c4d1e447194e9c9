package io.copyhold.runtime.entity;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import java.time.Duration;
import java.util.List;

/** What became of a command or a read. */
public sealed interface Reply {
  /**
   * Done, or nothing was left to do.
   *
   * @param version of the entity after the command; the number of its events
   * @param view the entity's summary after the command (its whole state for a read)
   * @param events what happened, by stable name; empty when nothing changed
   * @param dryRun nothing was stored: this is what would have come of it
   */
  record Applied(EntityRef entity, long version, JsonNode view, List<String> events, boolean dryRun)
      implements Reply {
    public Applied {
      events = List.copyOf(events);
    }
  }

  /** The caller must change something. */
  record Refused(Problem problem) implements Reply {}

  /**
   * Try again after a while.
   *
   * @param outcomeKnown false when the command may have been applied: repeat it with the same
   *     idempotency key
   */
  record NotNow(Duration retryAfter, boolean outcomeKnown, Problem problem) implements Reply {}
}
