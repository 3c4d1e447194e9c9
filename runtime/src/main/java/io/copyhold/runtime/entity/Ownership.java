package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import java.util.concurrent.CompletionStage;

/**
 * Port to terms: under which this node may act for an entity and for what it owns. A later owner's
 * term is always higher, across all nodes, so a store can tell a late effect of an earlier owner.
 */
public interface Ownership {
  /** Fails with {@code not-owner} when this node does not own the entity now. */
  CompletionStage<Long> acquire(EntityRef entity);
}
