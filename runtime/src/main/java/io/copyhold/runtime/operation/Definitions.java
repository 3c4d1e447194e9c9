package io.copyhold.runtime.operation;

import java.util.Collection;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Port to what each node of the cluster can run. A definition is {@code NAME@VERSION}. */
public interface Definitions {
  /** Completes when the others know that this node, and no more than this, can run these. */
  CompletionStage<Void> advertise(Collection<String> definitions);

  /** The nodes, as the agenda names them, that can run it; some of them may be gone. */
  CompletionStage<Set<String>> nodesWith(String definition);

  /** Drops what nodes other than these said. */
  CompletionStage<Void> keepOnly(Set<String> members);

  /** One node that knows itself and nobody else. */
  static Definitions alone(String node, OperationTypes types) {
    return new Definitions() {
      @Override
      public CompletionStage<Void> advertise(Collection<String> definitions) {
        return CompletableFuture.completedStage(null);
      }

      @Override
      public CompletionStage<Set<String>> nodesWith(String definition) {
        return CompletableFuture.completedStage(
            types.definitions().contains(definition) ? Set.of(node) : Set.of());
      }

      @Override
      public CompletionStage<Void> keepOnly(Set<String> members) {
        return CompletableFuture.completedStage(null);
      }
    };
  }
}
