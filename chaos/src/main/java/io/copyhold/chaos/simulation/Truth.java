package io.copyhold.chaos.simulation;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.journal.Journaled;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/** Every entity as the journal has it at this moment, folded event by event. */
final class Truth {
  /** One entity. */
  record Known(
      EntityRef entity, EntityType<Object, Object, Object> type, Object state, long version) {}

  private final EntityTypes types;
  private final Map<EntityRef, Known> known =
      new TreeMap<>(Comparator.comparing(EntityRef::toString));

  Truth(EntityTypes types) {
    this.types = types;
  }

  Known get(EntityRef entity) {
    Known found = known.get(entity);
    if (found != null) {
      return found;
    }
    EntityType<Object, Object, Object> type = type(entity.type());
    return new Known(entity, type, type.initial(), 0);
  }

  Collection<Known> all() {
    return known.values();
  }

  @SuppressWarnings("unchecked")
  private EntityType<Object, Object, Object> type(String name) {
    return (EntityType<Object, Object, Object>) types.get(name);
  }

  Happening.Appended append(SimDisk.Row row, boolean last) {
    EntityRef entity = EntityRef.parse(row.persistenceId());
    Known before = get(entity);
    Journaled event = types.codec().decodeEvent(row.manifest(), row.bytes());
    Object state = before.type().evolve(before.state(), event.event());
    known.put(entity, new Known(entity, before.type(), state, row.sequence()));
    return new Happening.Appended(
        entity,
        row.sequence(),
        row.term(),
        row.node(),
        event,
        before.type(),
        before.state(),
        state,
        last);
  }
}
