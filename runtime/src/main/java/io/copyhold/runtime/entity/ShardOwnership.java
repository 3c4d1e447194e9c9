package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Terms;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The term of the entity's shard, claimed before its first entity recovered. */
public final class ShardOwnership implements Ownership {
  private final Terms terms;

  public ShardOwnership(Terms terms) {
    this.terms = terms;
  }

  @Override
  public CompletionStage<Long> acquire(EntityRef entity) {
    try {
      return CompletableFuture.completedStage(terms.of(entity));
    } catch (ProblemException e) {
      return CompletableFuture.failedStage(e);
    }
  }
}
