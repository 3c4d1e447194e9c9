package io.copyhold.runtime.journal;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.Origin;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An event as the journal keeps it.
 *
 * @param event one of the entity type's events, or {@link Unreadable}
 * @param origin who caused it
 * @param at when the shell decided it
 * @param digest of the command that carried the idempotency key of {@code origin}, or null
 * @param summary what the directory shows of the entity from this event on; null where unchanged
 */
public record Journaled(
    Object event, Origin origin, Instant at, @Nullable String digest, @Nullable JsonNode summary) {

  /**
   * Stands for an event this node cannot read.
   *
   * @param tooNew the name or shape is unknown here: a newer node can read it. Otherwise the bytes
   *     are bad.
   */
  public record Unreadable(String manifest, boolean tooNew, String why) {}
}
