package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import java.util.concurrent.CompletionStage;

/**
 * Port to terms. Whoever takes over an entity's operations takes a term first; a later term is
 * always higher, across all nodes, so a store can tell a late effect of an earlier owner.
 */
public interface Ownership {
  CompletionStage<Long> acquire(EntityRef entity);
}
