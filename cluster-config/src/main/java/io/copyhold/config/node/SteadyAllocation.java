package io.copyhold.config.node;

import io.copyhold.config.node.NodeSettings.Balance;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.journal.Shard;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.sharding.internal.LeastShardAllocationStrategy;
import org.apache.pekko.util.Version;
import org.jspecify.annotations.Nullable;
import scala.collection.immutable.IndexedSeq;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Where the shards of one type are.
 *
 * <ol>
 *   <li>A shard goes to the node with the fewest, among those with the newest version that do not
 *       leave.
 *   <li>A node that leaves is relieved of its shards a few at a time, so that each does not answer
 *       only while its own few are under way.
 *   <li>A shard with events that are too new for its node goes to a node of a newer version.
 *   <li>Balance is sought a few shards at a time, and not at all while the cluster is to hold
 *       steady: during a rolling restart each shard would else move several times.
 * </ol>
 *
 * <p>It decides at its coordinator, from what the coordinator's node has seen last.
 */
@PortAdapter
public final class SteadyAllocation extends LeastShardAllocationStrategy {
  /** Of a node that has very many shards, this part leaves at once. */
  private static final int SHARE = 8;

  private final String type;
  private final Balance balance;
  private final BooleanSupplier steady;
  private final Supplier<HandOver> handOver;
  private long balanced = System.nanoTime();

  /**
   * @param type of the entities
   * @param steady whether shards are to stay where they are
   * @param handOver what nodes want to be rid of
   */
  public SteadyAllocation(
      String type, Balance balance, BooleanSupplier steady, Supplier<HandOver> handOver) {
    super(balance.shardsMax(), balance.shareMax());
    this.type = type;
    this.balance = balance;
    this.steady = steady;
    this.handOver = handOver;
  }

  @Override
  public Future<ActorRef> allocateShard(
      ActorRef requester,
      String shard,
      scala.collection.immutable.Map<ActorRef, IndexedSeq<String>> current) {
    Set<String> leaving = handOver.get().leaving();
    var stay = current;
    for (ActorRef region : CollectionConverters.asJava(current.keySet())) {
      if (leaving.contains(address(region))) {
        stay = stay.removed(region);
      }
    }
    return super.allocateShard(requester, shard, stay.isEmpty() ? current : stay);
  }

  @Override
  public Future<scala.collection.immutable.Set<String>> rebalance(
      scala.collection.immutable.Map<ActorRef, IndexedSeq<String>> current,
      scala.collection.immutable.Set<String> moving) {
    Map<String, List<String>> shards = new HashMap<>();
    CollectionConverters.asJava(current)
        .forEach((region, its) -> shards.put(address(region), CollectionConverters.asJava(its)));
    HandOver wanted = handOver.get();
    Set<String> away = away(shards, CollectionConverters.asJava(moving), wanted);
    if (!away.isEmpty()) {
      return Future.successful(
          scala.collection.immutable.Set.from(CollectionConverters.asScala(away)));
    }
    long now = System.nanoTime();
    if (steady.getAsBoolean()
        || !wanted.leaving().isEmpty()
        || now - balanced < balance.every().toNanos()) {
      return Future.successful(scala.collection.immutable.Set$.MODULE$.empty());
    }
    balanced = now;
    return super.rebalance(current, moving);
  }

  private Set<String> away(Map<String, List<String>> shards, Set<String> moving, HandOver wanted) {
    Set<String> away = new HashSet<>();
    if (shards.keySet().stream().anyMatch(address -> !wanted.leaving().contains(address))) {
      int all = wanted.leaving().stream().mapToInt(it -> count(shards, it)).sum();
      int under = Math.max(balance.handOverMax(), all / SHARE) - moving.size();
      wanted.leaving().stream()
          .flatMap(address -> shards.getOrDefault(address, List.of()).stream())
          .filter(shard -> !moving.contains(shard))
          .limit(Math.max(0, under))
          .forEach(away::add);
    }
    wanted
        .tooNew()
        .forEach((address, its) -> {
          Version version = version(address);
          if (version != null
              && shards.keySet().stream().anyMatch(other -> newer(other, version))) {
            shards.getOrDefault(address, List.of()).stream()
                .filter(shard -> !moving.contains(shard))
                .filter(shard -> its.contains(new Shard(type, Integer.parseInt(shard))))
                .limit(balance.handOverMax())
                .forEach(away::add);
          }
        });
    return away;
  }

  private static int count(Map<String, List<String>> shards, String address) {
    return shards.getOrDefault(address, List.of()).size();
  }

  private boolean newer(String address, Version version) {
    Version its = version(address);
    return its != null && its.compareTo(version) > 0;
  }

  private @Nullable Version version(String address) {
    for (Member member : clusterState().getMembers()) {
      if (member.address().toString().equals(address)) {
        return member.appVersion();
      }
    }
    return null;
  }

  private String address(ActorRef region) {
    return region.path().address().hasLocalScope()
        ? selfMember().address().toString()
        : region.path().address().toString();
  }
}
