package io.copyhold.http.node;

import io.copyhold.runtime.PortAdapter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.pattern.Patterns;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits, before a node leaves, until the others have taken its shards, which {@link
 * io.copyhold.config.node.SteadyAllocation} moves a few at a time once the node's report says that
 * it leaves. While the node is still a member, its coordinators are at work and nobody waits for
 * their successors.
 */
@PortAdapter
final class ShardHandOver {
  private static final Logger log = LoggerFactory.getLogger(ShardHandOver.class);
  private static final Duration LOOK_EVERY = Duration.ofMillis(100);

  private final ActorSystem<?> system;
  private final ClusterNodes nodes;
  private final Surroundings surroundings;
  private final Duration lasting;

  /**
   * @param lasting what is still here after that goes all at once
   */
  ShardHandOver(
      ActorSystem<?> system, ClusterNodes nodes, Surroundings surroundings, Duration lasting) {
    this.system = system;
    this.nodes = nodes;
    this.surroundings = surroundings;
    this.lasting = lasting;
  }

  /** Never fails. */
  CompletionStage<Done> done() {
    return look(System.nanoTime());
  }

  private CompletionStage<Done> look(long begun) {
    if (!surroundings.anybodyStays()) {
      return CompletableFuture.completedFuture(Done.getInstance());
    }
    return here()
        .thenCompose(shards -> {
          long took = System.nanoTime() - begun;
          if (shards > 0 && took < lasting.toNanos()) {
            return Patterns.after(LOOK_EVERY, Adapter.toClassic(system), () -> look(begun));
          }
          log.atInfo()
              .addKeyValue("left", shards)
              .addKeyValue("ms", took / 1_000_000)
              .log("shards handed over");
          return CompletableFuture.completedFuture(Done.getInstance());
        });
  }

  /** One that does not answer has some. */
  private CompletionStage<Integer> here() {
    List<CompletableFuture<Integer>> asked =
        nodes.types().stream()
            .map(type -> nodes.shardsHere(type).exceptionally(_ -> 1).toCompletableFuture())
            .toList();
    return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
        .thenApply(_ -> asked.stream().mapToInt(CompletableFuture::join).sum());
  }
}
