package io.copyhold.http.node;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.config.node.HandOver;
import io.copyhold.config.node.NodeRegister;
import io.copyhold.config.node.NodeRegister.Listed;
import io.copyhold.config.node.NodeRegister.Wish;
import io.copyhold.http.admin.Nodes;
import io.copyhold.runtime.Await;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.journal.Mappers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.sharding.ClusterSharding;
import org.apache.pekko.cluster.sharding.ShardRegion;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.pattern.Patterns;
import scala.concurrent.duration.FiniteDuration;

/**
 * Nodes as the register and the cluster know them; shards as sharding does. A node's own figures
 * come with its heartbeat, so they are as old as that.
 */
final class ClusterNodes implements Nodes {
  private static final Duration ANSWER_MAX = Duration.ofSeconds(3);
  private static final int REPORTED_MAX = 20;
  private static final Problem SHARDS_SILENT =
      Problem.unavailable("no-answer", "not all nodes said which shards they have");

  private final ActorSystem<?> system;
  private final NodeRegister register;
  private final List<String> types;
  private final Duration steadyFor;

  /**
   * @param types that have shards
   * @param steadyFor after a node was asked to leave, shards stay where they are for so long
   */
  ClusterNodes(
      ActorSystem<?> system, NodeRegister register, List<String> types, Duration steadyFor) {
    this.system = system;
    this.register = register;
    this.types = List.copyOf(types);
    this.steadyFor = steadyFor;
  }

  @Override
  public List<Entry> nodes() {
    CurrentClusterState state = Cluster.get(system).state();
    Map<String, MemberStatus> members = new HashMap<>();
    state.getMembers().forEach(m -> members.put(m.address().toString(), m.status()));
    Set<String> unreachable = new HashSet<>();
    state.getUnreachable().forEach(m -> unreachable.add(m.address().toString()));
    return listed().stream().map(node -> entry(node, members, unreachable)).toList();
  }

  private List<Listed> listed() {
    return register.nodes();
  }

  private static Entry entry(
      Listed node, Map<String, MemberStatus> members, Set<String> unreachable) {
    JsonNode report = report(node.report());
    String state = state(node, members.get(node.address()), unreachable.contains(node.address()));
    return new Entry(
        node.name(),
        node.address(),
        state.equals("up") && HandOver.leaving(report) ? "leaving" : state,
        node.incarnation(),
        Long.toUnsignedString(node.uid(), 36),
        node.silent().toMillis(),
        report);
  }

  private static String state(
      Listed node, @org.jspecify.annotations.Nullable MemberStatus member, boolean unreachable) {
    if (node.state() == NodeRegister.State.ENDED) {
      return "ended";
    }
    if (unreachable) {
      return "unreachable";
    }
    if (!node.alive()) {
      return "silent";
    }
    if (member != null
        && (member.equals(MemberStatus.leaving()) || member.equals(MemberStatus.exiting()))) {
      return "leaving";
    }
    return node.state().name().toLowerCase(Locale.ROOT);
  }

  private static JsonNode report(String json) {
    try {
      return Mappers.JSON.readTree(json);
    } catch (JsonProcessingException e) {
      return Mappers.JSON.createObjectNode();
    }
  }

  @Override
  public List<Shard> shards() {
    Map<String, String> names = new HashMap<>();
    for (Listed node : listed()) {
      names.put(node.address(), node.name());
    }
    String self = Cluster.get(system).selfMember().address().toString();
    Map<String, CompletionStage<Object>> asked = new HashMap<>();
    for (String type : types) {
      asked.put(
          type,
          Patterns.ask(
              region(type),
              new ShardRegion.GetClusterShardingStats(
                  FiniteDuration.create(
                      ANSWER_MAX.toMillis(), java.util.concurrent.TimeUnit.MILLISECONDS)),
              ANSWER_MAX.plusSeconds(1)));
    }
    List<Shard> shards = new ArrayList<>();
    asked.forEach((type, stage) -> {
      ShardRegion.ClusterShardingStats stats =
          (ShardRegion.ClusterShardingStats) Await.answer(stage, SHARDS_SILENT);
      stats
          .getRegions()
          .forEach((address, region) -> {
            String at = address.hasLocalScope() ? self : address.toString();
            region
                .getStats()
                .forEach((shard, entities) ->
                    shards.add(
                        new Shard(
                            type,
                            shard,
                            names.getOrDefault(at, at),
                            ((Number) entities).longValue())));
          });
    });
    shards.sort(Comparator.comparing(Shard::type).thenComparing(Shard::shard));
    return shards;
  }

  /** How many shards of a type are here. */
  CompletionStage<Integer> shardsHere(String type) {
    return Patterns.ask(region(type), ShardRegion.getRegionStatsInstance(), ANSWER_MAX)
        .thenApply(stats -> ((ShardRegion.ShardRegionStats) stats).getStats().size());
  }

  private ActorRef region(String type) {
    return ClusterSharding.get(Adapter.toClassic(system)).shardRegion(type);
  }

  /** The shards of these, at most so many as a report can hold. */
  Set<io.copyhold.runtime.journal.Shard> of(Collection<EntityRef> entities) {
    int shards = system.settings().config().getInt("pekko.cluster.sharding.number-of-shards");
    return entities.stream()
        .map(entity -> io.copyhold.runtime.journal.Shard.of(entity, shards))
        .distinct()
        .limit(REPORTED_MAX)
        .collect(Collectors.toSet());
  }

  List<String> types() {
    return types;
  }

  @Override
  public Optional<Entry> ask(String name, Request request) {
    register.holdSteady(steadyFor);
    boolean found =
        register.wish(
            name,
            switch (request) {
              case LEAVE -> Wish.LEAVE;
              case RESTART -> Wish.RESTART;
            });
    return found
        ? nodes().stream().filter(node -> node.name().equals(name)).findFirst()
        : Optional.empty();
  }
}
