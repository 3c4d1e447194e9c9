package io.copyhold.runtime.entity;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Port to the past of any entity: what happened, the state as it was, and what changed between two
 * moments.
 */
public interface History {
  /** One thing that happened, readable. */
  record Entry(
      long version,
      Instant at,
      String name,
      String principal,
      @Nullable String traceparent,
      JsonNode event) {}

  /**
   * A state of the past.
   *
   * @param version number of events folded
   * @param at time of the last of them; the epoch where there is none
   * @param view as a read shows it
   * @param summary as a reply shows it
   */
  record Past(
      EntityRef entity,
      long version,
      Instant at,
      JsonNode view,
      JsonNode summary,
      boolean exists) {}

  /** Events {@code from} (1 is the first) and on, at most {@code limit}. */
  CompletionStage<List<Entry>> events(EntityRef entity, long from, int limit);

  /** The state after the event {@code version}, or the latest before it. */
  CompletionStage<Past> at(EntityRef entity, long version);

  /** The state as it was at {@code time}: after the last event decided no later. */
  CompletionStage<Past> at(EntityRef entity, Instant time);
}
