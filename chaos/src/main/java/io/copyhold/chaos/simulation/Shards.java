package io.copyhold.chaos.simulation;

import io.copyhold.runtime.EntityRef;

/** Which shard an entity lives in; an operation lives where its owner does. */
final class Shards {
  static final int COUNT = 8;

  private Shards() {}

  static int of(EntityRef entity) {
    return Math.floorMod(owner(entity).toString().hashCode(), COUNT);
  }

  /** The entity with a shard of its own: for an operation or a quarantine, whose they are. */
  static EntityRef owner(EntityRef entity) {
    if (!entity.type().equals(EntityRef.OPERATION) && !entity.type().equals("quarantine")) {
      return entity;
    }
    String[] parts = entity.id().split("/", 3);
    EntityRef inner = new EntityRef(parts[0], entity.id().substring(parts[0].length() + 1));
    return entity.type().equals(EntityRef.OPERATION)
        ? new EntityRef(parts[0], parts[1])
        : owner(inner);
  }
}
