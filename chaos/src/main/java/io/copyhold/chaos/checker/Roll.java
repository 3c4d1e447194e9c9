package io.copyhold.chaos.checker;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.journal.Feed;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.journal.Mappers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The whole journal, folded on a model: the entity types' own {@code evolve}, one event after the
 * other, with no actor, shell or snapshot. So it is what the entities' states must be.
 */
public final class Roll {
  private static final Comparator<EntityRef> BY_NAME = Comparator.comparing(EntityRef::toString);

  private final Map<EntityRef, Line> lines = new TreeMap<>(BY_NAME);

  /** An entry of the journal, and the state of its entity after it. */
  public record Step(long version, String name, Journaled stored, Object state) {}

  /**
   * One entity.
   *
   * @param steps in the order of the journal; complete unless there is a flaw
   * @param flaw why it could be read no further, or null
   */
  public record Line(
      EntityRef entity, EntityType<?, ?, ?> type, List<Step> steps, @Nullable String flaw) {
    public Line {
      steps = List.copyOf(steps);
    }

    /** The step to that version, or null. */
    public @Nullable Step at(long version) {
      return version < 1 || version > steps.size() ? null : steps.get((int) version - 1);
    }

    public Object state() {
      return steps.isEmpty() ? type.initial() : steps.getLast().state();
    }

    public long version() {
      return steps.size();
    }

    /** What a reply at that version shows. */
    JsonNode summary(long version) {
      return plain(typed(type).summary(at(type, version)));
    }

    /** What a read at that version shows. */
    JsonNode view(long version) {
      return plain(typed(type).view(at(type, version)));
    }

    private Object at(EntityType<?, ?, ?> of, long version) {
      Step step = at(version);
      return step == null ? of.initial() : step.state();
    }
  }

  private Roll() {}

  /** Of entries in the order of the journal; the same one twice is one. */
  public static Roll of(Collection<Feed.Entry> entries, EntityTypes types) {
    Map<EntityRef, TreeMap<Long, Feed.Entry>> sorted = new TreeMap<>(BY_NAME);
    Map<EntityRef, String> flaws = new TreeMap<>(BY_NAME);
    for (Feed.Entry entry : entries) {
      Feed.Entry before =
          sorted
              .computeIfAbsent(entry.entity(), _ -> new TreeMap<>())
              .putIfAbsent(entry.version(), entry);
      if (before != null && !before.stored().equals(entry.stored())) {
        flaws.put(entry.entity(), "version " + entry.version() + " is there with two contents");
      }
    }
    Roll roll = new Roll();
    sorted.forEach((entity, events) -> {
      EntityType<?, ?, ?> type = types.find(entity.type());
      if (type != null) {
        roll.lines.put(entity, fold(entity, type, types, events.values(), flaws.get(entity)));
      }
    });
    return roll;
  }

  private static Line fold(
      EntityRef entity,
      EntityType<?, ?, ?> type,
      EntityTypes types,
      Collection<Feed.Entry> entries,
      @Nullable String known) {
    List<Step> steps = new ArrayList<>();
    Object state = type.initial();
    String flaw = known;
    for (Feed.Entry entry : entries) {
      if (entry.version() != steps.size() + 1) {
        flaw = "after version " + steps.size() + " comes " + entry.version();
        break;
      }
      try {
        state = typed(type).evolve(state, entry.stored().event());
      } catch (RuntimeException e) {
        flaw = "version " + entry.version() + " does not follow: " + e.getMessage();
        break;
      }
      steps.add(
          new Step(
              entry.version(),
              types.codec().name(entity.type(), entry.stored().event()),
              entry.stored(),
              state));
    }
    return new Line(entity, type, steps, flaw);
  }

  @SuppressWarnings("unchecked")
  private static EntityType<Object, Object, Object> typed(EntityType<?, ?, ?> type) {
    return (EntityType<Object, Object, Object>) type;
  }

  /** As it comes over the wire: numbers that are equal are equal. */
  static JsonNode plain(JsonNode tree) {
    try {
      return Mappers.JSON.readTree(tree.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public Collection<Line> lines() {
    return lines.values();
  }

  /** The entity's line; one without steps when the journal knows nothing of it. */
  public @Nullable Line line(EntityRef entity) {
    return lines.get(entity);
  }

  /** Which operations an entity wants now: {@code provision/1}. */
  static List<String> operations(Line line) {
    return typed(line.type()).operations(line.state()).stream().map(OperationRequest::id).toList();
  }

  /** Which rows of the agenda an entity needs now. */
  static List<String> rows(Line line) {
    EntityType<Object, Object, Object> type = typed(line.type());
    List<String> names = new ArrayList<>();
    type.alarms(line.state()).forEach(alarm -> names.add(alarm.name()));
    if (!type.operations(line.state()).isEmpty()) {
      names.add("operations");
    }
    return names;
  }

  /** Who wants operations now, and which: {@code tenant/acme provision/1}. */
  public List<String> busy() {
    List<String> busy = new ArrayList<>();
    for (Line line : lines()) {
      operations(line).forEach(wanted -> busy.add(line.entity() + " " + wanted));
    }
    return busy;
  }

  public long events() {
    return lines.values().stream().mapToLong(Line::version).sum();
  }
}
