package io.copyhold.config.node;

import static io.copyhold.runtime.TestSystem.await;
import static io.copyhold.runtime.TestSystem.until;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.config.node.NodeSettings.Balance;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.entity.Counter;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.Hosting;
import io.copyhold.runtime.entity.Reactor;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Shard;
import io.copyhold.runtime.journal.StoredTypes;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.sharding.ClusterSharding;
import org.apache.pekko.cluster.sharding.ShardRegion;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.pattern.Patterns;
import org.junit.jupiter.api.Test;

/** Two nodes of one cluster, with real sharding and a real journal. */
class SteadyAllocationTest {
  private static final Origin TEST = Origin.of("test");
  private static final int COUNTERS = 60;
  private static final int SHARDS = 30;

  private final Database database = PostgresFixture.newDatabase();
  private volatile HandOver handOver = HandOver.NONE;
  private volatile boolean steady = true;

  @Test
  void aNodeThatLeavesIsRelievedOfAllShardsAndGetsNone() {
    try (TestSystem first = node("1.0.0", null, Counter.TYPE);
        TestSystem second = node("1.0.0", first, Counter.TYPE)) {
      for (int i = 0; i < COUNTERS; i++) {
        first.applied(counter(i), new Counter.Command.Create("c"), TEST);
      }
      assertThat(shardsAt(first)).isNotEmpty();
      assertThat(shardsAt(second)).isNotEmpty();

      handOver = new HandOver(Set.of(address(first)), Map.of());
      until(() -> shardsAt(first).isEmpty());
      for (int i = 0; i < 2 * COUNTERS; i++) {
        Counter.Command command =
            i < COUNTERS ? new Counter.Command.Add(1) : new Counter.Command.Create("d");
        second.applied(counter(i), command, TEST.withKey("after"));
      }
      assertThat(shardsAt(first)).isEmpty();

      handOver = HandOver.NONE;
      steady = false; // and it is as good as any other again
      until(() -> !shardsAt(first).isEmpty());
    }
  }

  @Test
  void whenAllLeaveShardsStayWhereTheyAre() {
    try (TestSystem only = node("1.0.0", null, Counter.TYPE)) {
      only.applied(counter(1), new Counter.Command.Create("c"), TEST);
      handOver = new HandOver(Set.of(address(only)), Map.of());
      only.applied(counter(1), new Counter.Command.Add(1), TEST);
      only.applied(counter(2), new Counter.Command.Create("new"), TEST);
      assertThat(shardsAt(only)).isNotEmpty();
    }
  }

  @Test
  void whatAnOldNodeCannotReadGoesToANewerOneAsSoonAsThereIsOne() {
    try (TestSystem old = node("1.0.0", null, new OldCounter())) {
      List<EntityRef> newer;
      try (TestSystem first = node("2.0.0", old, Counter.TYPE)) {
        for (int i = 0; i < COUNTERS; i++) {
          old.applied(counter(i), new Counter.Command.Create("c"), TEST);
        }
        Set<Integer> atFirst = shardsAt(first); // the newest version is preferred
        newer =
            IntStream.range(0, COUNTERS)
                .mapToObj(SteadyAllocationTest::counter)
                .filter(counter -> atFirst.contains(shard(counter)))
                .limit(5)
                .toList();
        newer.forEach(counter -> old.applied(counter, new Counter.Command.Load(3), TEST));
        first.kill(old);
      }
      assertThat(newer).isNotEmpty();
      for (EntityRef counter : newer) {
        assertThat(answer(old, counter))
            .isInstanceOfSatisfying(
                Reply.NotNow.class,
                notNow -> assertThat(notNow.problem().code()).isEqualTo("too-new"));
      }

      try (TestSystem second = node("2.0.0", old, Counter.TYPE)) {
        handOver = tooNewAt(old);
        for (EntityRef counter : newer) {
          until(() -> await(old.entities().read(counter)) instanceof Reply.Applied);
          assertThat(shardsAt(second)).contains(shard(counter));
        }
      }
    }
  }

  @Test
  void withoutANewerNodeNothingIsHandedBack() {
    try (TestSystem old = node("1.0.0", null, Counter.TYPE);
        TestSystem same = node("1.0.0", old, Counter.TYPE)) {
      for (int i = 0; i < COUNTERS; i++) {
        old.applied(counter(i), new Counter.Command.Create("c"), TEST);
      }
      Set<Integer> before = shardsAt(old);
      handOver =
          new HandOver(
              Set.of(),
              Map.of(
                  address(old),
                  before.stream().map(n -> new Shard("counter", n)).collect(Collectors.toSet())));
      for (int i = 0; i < COUNTERS; i++) { // several rounds of the coordinator
        old.applied(counter(i), new Counter.Command.Add(1), TEST);
        same.applied(counter(i), new Counter.Command.Add(1), TEST);
      }
      assertThat(shardsAt(old)).isEqualTo(before);
    }
  }

  private HandOver tooNewAt(TestSystem node) {
    return new HandOver(
        Set.of(),
        Map.of(
            address(node),
            node.ports().quarantines().tooNew().stream()
                .map(entity -> Shard.of(entity, SHARDS))
                .collect(Collectors.toSet())));
  }

  /** The last answer, once the entity is reached. */
  private static Reply answer(TestSystem node, EntityRef entity) {
    Reply[] last = new Reply[1];
    until(() -> {
      last[0] = await(node.entities().read(entity));
      return !(last[0] instanceof Reply.NotNow notNow) || notNow.problem().code().equals("too-new");
    });
    return last[0];
  }

  private TestSystem node(
      String version,
      @org.jspecify.annotations.Nullable TestSystem seed,
      EntityType<?, ?, ?> type) {
    Balance balance = new Balance(4, 0.5, Duration.ZERO, Duration.ZERO, 4, Duration.ofSeconds(15));
    TestSystem.Options options =
        TestSystem.Options.of(type)
            .with("pekko.cluster.app-version", version)
            .with("pekko.cluster.sharding.number-of-shards", SHARDS)
            // a kill is no leave, and the first that asks for what cannot be read is not answered
            .with("pekko.coordinated-shutdown.run-by-actor-system-terminate", "off")
            .with("copyhold.entity.ask-max", "1s")
            .withoutDaemon()
            .hosting(
                new Hosting(
                    () -> true,
                    _ -> null,
                    name -> new SteadyAllocation(name, balance, () -> steady, () -> handOver)));
    TestSystem node = (seed == null ? options : options.joining(seed)).start(database);
    node.host(type, _ -> Reactor.none());
    return node;
  }

  private static EntityRef counter(int i) {
    return new EntityRef("counter", "c" + i);
  }

  private static int shard(EntityRef entity) {
    return Shard.of(entity, SHARDS).number();
  }

  private static String address(TestSystem node) {
    return Cluster.get(node.system()).selfMember().address().toString();
  }

  private static Set<Integer> shardsAt(TestSystem node) {
    ShardRegion.ShardRegionStats stats =
        (ShardRegion.ShardRegionStats)
            await(
                Patterns.ask(
                    ClusterSharding.get(Adapter.toClassic(node.system())).shardRegion("counter"),
                    ShardRegion.getRegionStatsInstance(),
                    Duration.ofSeconds(30)));
    Set<Integer> shards = new HashSet<>();
    stats.getStats().keySet().forEach(shard -> shards.add(Integer.valueOf(shard)));
    return shards;
  }

  /** A counter before it could be loaded: it does not know that event. */
  private static final class OldCounter
      implements EntityType<Counter, Counter.Command, Counter.Event> {
    private final StoredTypes stored = StoredTypes.of("counter", Counter.class);

    OldCounter() {
      for (StoredTypes.Entry entry : Counter.TYPE.stored().entries()) {
        if (!entry.event()) {
          stored.command(entry.name(), entry.type());
        } else if (!entry.type().equals(Counter.Event.Loaded.class)) {
          stored.event(entry.name(), entry.type());
        }
      }
    }

    @Override
    public String name() {
      return Counter.TYPE.name();
    }

    @Override
    public Counter initial() {
      return Counter.TYPE.initial();
    }

    @Override
    public Decision<Counter.Event> decide(Counter state, Counter.Command command, Instant now) {
      return Counter.TYPE.decide(state, command, now);
    }

    @Override
    public Counter evolve(Counter state, Counter.Event event) {
      return Counter.TYPE.evolve(state, event);
    }

    @Override
    public StoredTypes stored() {
      return stored;
    }

    @Override
    public boolean exists(Counter state) {
      return Counter.TYPE.exists(state);
    }

    @Override
    public JsonNode summary(Counter state) {
      return Counter.TYPE.summary(state);
    }
  }
}
