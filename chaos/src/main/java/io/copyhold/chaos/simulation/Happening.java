package io.copyhold.chaos.simulation;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.store.Fence;

/** Something that became true for good; invariants are checked after each. */
sealed interface Happening {
  /**
   * An event is durable.
   *
   * @param term under which it was appended
   * @param type as it should be, also when a node works with a broken one
   * @param last of the events that were stored together
   */
  record Appended(
      EntityRef entity,
      long version,
      long term,
      String node,
      Journaled event,
      EntityType<Object, Object, Object> type,
      Object before,
      Object after,
      boolean last)
      implements Happening {}

  /** A home let a fence pass. */
  record Accepted(HomeRef home, Fence fence) implements Happening {}

  /**
   * A store changed.
   *
   * @param key of the step that did it
   */
  record Effected(HomeRef home, String what, String key) implements Happening {}

  /** A client was told that its command is applied. */
  record Acknowledged(EntityRef entity, String key, Reply.Applied reply) implements Happening {}

  /** A row of the agenda is gone, or comes due at another time. */
  record RowChanged(EntityRef entity) implements Happening {}

  /** All faults are mended, and there was time to settle. */
  record Settled() implements Happening {}
}
