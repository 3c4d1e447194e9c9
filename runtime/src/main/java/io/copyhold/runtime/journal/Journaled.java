package io.copyhold.runtime.journal;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.agenda.Agenda;
import java.time.Instant;
import java.util.ArrayList;
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
 * @param attached events of what the entity owns that are stored together with it or not at all;
 *     none after it was stored
 */
public record Journaled(
    Object event,
    Origin origin,
    Instant at,
    @Nullable String digest,
    @Nullable JsonNode summary,
    @Nullable AgendaChange agenda,
    List<Attached> attached) {
  public Journaled {
    attached = List.copyOf(attached);
  }

  public Journaled(
      Object event,
      Origin origin,
      Instant at,
      @Nullable String digest,
      @Nullable JsonNode summary) {
    this(event, origin, at, digest, summary, null, List.of());
  }

  /**
   * The events of one decision; the last one carries the rest.
   *
   * @param summary as of the last one; null where unchanged
   */
  public static List<Journaled> of(
      List<?> events,
      Origin origin,
      Instant at,
      @Nullable String digest,
      @Nullable JsonNode summary,
      @Nullable AgendaChange agenda,
      List<Attached> attached) {
    List<Journaled> all = new ArrayList<>(events.size());
    for (int i = 0; i < events.size() - 1; i++) {
      all.add(new Journaled(events.get(i), origin, at, null, null));
    }
    all.add(new Journaled(events.getLast(), origin, at, digest, summary, agenda, attached));
    return all;
  }

  /**
   * Everything that is stored with one decision, in the order in which it becomes true: what ends
   * with it, the entity's own events, what begins with it.
   *
   * @param from version of the entity's first
   */
  public static List<Attached> together(EntityRef entity, long from, List<Journaled> events) {
    List<Attached> attached = events.stream().flatMap(each -> each.attached().stream()).toList();
    List<Attached> all = new ArrayList<>();
    attached.stream().filter(with -> with.from() > 1).forEach(all::add);
    all.add(new Attached(entity, from, events));
    attached.stream().filter(with -> with.from() == 1).forEach(all::add);
    return all;
  }

  /**
   * Events of an entity in the same shard: its operation begins or ends with the event that causes
   * it or takes note of it.
   *
   * @param from version of the first
   */
  public record Attached(EntityRef entity, long from, List<Journaled> events) {
    public Attached {
      events = List.copyOf(events);
    }
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
