package io.copyhold.runtime.journal;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Slices;

/**
 * A share of an entity type's entities that one node owns. What an entity owns (its operations, the
 * verdict of its quarantine) is in its shard.
 *
 * @param type of the entities
 * @param number 0 to the number of shards - 1
 */
public record Shard(String type, int number) {
  /** The type under which verdicts on entities that cannot be replayed are journaled. */
  private static final String QUARANTINE = "quarantine";

  /** The shard of this entity, or of its owner, among so many. */
  public static Shard of(EntityRef entity, int shards) {
    EntityRef owner = owner(entity);
    return new Shard(owner.type(), Slices.hash(owner) % shards);
  }

  private static EntityRef owner(EntityRef entity) {
    if (entity.type().equals(QUARANTINE)) {
      return owner(EntityRef.parse(entity.id()));
    }
    if (!entity.type().equals(EntityRef.OPERATION)) {
      return entity;
    }
    EntityRef first = EntityRef.parse(entity.id());
    int cut = first.id().indexOf('/');
    if (first.type().equals(QUARANTINE) || cut < 0) {
      return owner(first);
    }
    return new EntityRef(first.type(), first.id().substring(0, cut));
  }
}
