package io.copyhold.config.node;

import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.cluster.sharding.internal.LeastShardAllocationStrategy;
import scala.collection.immutable.IndexedSeq;
import scala.collection.immutable.Map;
import scala.collection.immutable.Set;
import scala.concurrent.Future;

/**
 * A shard goes to the node with the fewest, among those with the newest version. Balance is sought
 * a few shards at a time, and not at all while the cluster is to hold steady: during a rolling
 * restart each shard would else move several times.
 */
public final class SteadyAllocation extends LeastShardAllocationStrategy {
  private final BooleanSupplier steady;

  /**
   * @param absoluteMax shards moved in one round
   * @param relativeMax the same as a share of all
   * @param steady whether shards are to stay where they are
   */
  public SteadyAllocation(int absoluteMax, double relativeMax, BooleanSupplier steady) {
    super(absoluteMax, relativeMax);
    this.steady = steady;
  }

  @Override
  public Future<Set<String>> rebalance(
      Map<ActorRef, IndexedSeq<String>> current, Set<String> moving) {
    return steady.getAsBoolean()
        ? Future.successful(scala.collection.immutable.Set$.MODULE$.empty())
        : super.rebalance(current, moving);
  }
}
