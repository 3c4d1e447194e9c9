package io.copyhold.runtime.journal;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.agenda.Agenda;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An event as the journal keeps it.
 *
 * @param event one of the entity type's events, or {@link Unreadable}
 * @param origin who caused it
 * @param at when the shell decided it
 * @param digest of the command that carried the idempotency key of {@code origin}, or null
 * @param summary what the directory shows of the entity from this event on; null where unchanged
 * @param agenda rows that come and go with it; null where none do, and after it was stored
 */
public record Journaled(
    Object event,
    Origin origin,
    Instant at,
    @Nullable String digest,
    @Nullable JsonNode summary,
    @Nullable AgendaChange agenda) {

  public Journaled(
      Object event,
      Origin origin,
      Instant at,
      @Nullable String digest,
      @Nullable JsonNode summary) {
    this(event, origin, at, digest, summary, null);
  }

  /**
   * Rows of the agenda that come and go with an event. Not part of what is stored with it.
   *
   * @param puts rows that the state after the event wants
   * @param removes names of the entity's rows that it does not want any more
   */
  public record AgendaChange(List<Agenda.Row> puts, List<String> removes) {
    public AgendaChange {
      puts = List.copyOf(puts);
      removes = List.copyOf(removes);
    }

    public boolean isEmpty() {
      return puts.isEmpty() && removes.isEmpty();
    }
  }

  /**
   * Stands for an event this node cannot read.
   *
   * @param tooNew the name or shape is unknown here: a newer node can read it. Otherwise the bytes
   *     are bad.
   */
  public record Unreadable(String manifest, boolean tooNew, String why) {}
}
