package io.copyhold.runtime.journal;

import static io.copyhold.runtime.TestSystem.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Slices;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.cassandra.CassandraFixture;
import io.copyhold.runtime.entity.Counter;
import io.copyhold.runtime.entity.Counter.Command;
import io.copyhold.runtime.entity.Reactor;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Entities on Cassandra, through sharding, restarts and changes of their owner. */
class CassandraEntityTest {
  private static final Origin TEST = Origin.of("test");

  private final Map<String, Object> keys = CassandraFixture.newKeyspace();
  // the other ports
  private final Database side = PostgresFixture.newDatabase();

  private TestSystem.Options options() {
    return TestSystem.Options.of(Counter.TYPE)
        .with(keys)
        .with("copyhold.entity.snapshot-every", 10);
  }

  private TestSystem start() {
    return options().start(side).host(Counter.TYPE, _ -> Reactor.none());
  }

  private static List<Long> versions(TestSystem node, EntityRef entity) {
    List<Long> seen = new ArrayList<>();
    String offset = Feed.START;
    boolean more = true;
    while (more) {
      Feed.Batch batch = node.feed().read(Slices.ALL, offset, 17);
      batch.entries().stream()
          .filter(one -> one.entity().equals(entity))
          .forEach(one -> seen.add(one.version()));
      offset = batch.offset();
      more = batch.more();
    }
    return seen;
  }

  private static JsonNode value(TestSystem node, EntityRef entity) {
    Reply[] reply = new Reply[1];
    TestSystem.until(() -> {
      reply[0] = await(node.entities().read(entity));
      return !(reply[0] instanceof Reply.NotNow);
    });
    return ((Reply.Applied) reply[0]).view().path("value");
  }

  @Test
  void anEntityOutlivesItsNodeAndItsPastAndItsFeedAreWhole() {
    EntityRef counter = new EntityRef("counter", "lasting");
    int adds = 25;
    try (TestSystem node = start()) {
      node.applied(counter, new Command.Create("one"), TEST);
      for (int i = 1; i <= adds; i++) {
        node.applied(counter, new Command.Add(i), TEST.withKey("k" + i));
      }
      assertThat(snapshots(node, counter)).isNotEmpty();
    }
    try (TestSystem again = start()) {
      assertThat(value(again, counter).asLong()).isEqualTo(325);
      Reply.Applied repeated = again.applied(counter, new Command.Add(7), TEST.withKey("k7"));
      assertThat(repeated.version()).isEqualTo(8);
      assertThat(again.applied(counter, new Command.Add(1000), TEST).version()).isEqualTo(27);
      assertThat(await(again.history().at(counter, 4)).view().path("value").asLong()).isEqualTo(6);
      assertThat(await(again.history().events(counter, 1, 100)))
          .hasSize(27)
          .allSatisfy(event -> assertThat(event.principal()).isEqualTo("test"));
      assertThat(again.journal().events().highest(counter)).isEqualTo(27);
      TestSystem.until(() -> versions(again, counter).size() >= 27);
      assertThat(versions(again, counter))
          .containsExactlyElementsOf(LongStream.rangeClosed(1, 27).boxed().toList());
    }
  }

  private static List<Long> snapshots(TestSystem node, EntityRef entity) {
    List<Long> versions = new ArrayList<>();
    TestSystem.until(() -> {
      versions.clear();
      node.keyspace()
          .session()
          .execute("SELECT version FROM snapshot WHERE entity = ?", entity.persistenceId())
          .forEach(row -> versions.add(row.getLong(0)));
      return versions.contains(20L);
    });
    return versions;
  }

  @Test
  void aNodeThatIsLostIsSucceededAndNothingAcknowledgedIsLost() {
    try (TestSystem survivor = start()) {
      TestSystem victim =
          options()
              .named("victim")
              .joining(survivor)
              .start(side)
              .host(Counter.TYPE, _ -> Reactor.none());
      List<EntityRef> counters = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        EntityRef counter = new EntityRef("counter", "shared-" + i);
        counters.add(counter);
        survivor.applied(counter, new Command.Create("one"), TEST);
        survivor.applied(counter, new Command.Add(i + 1), TEST.withKey("before"));
      }
      victim.kill(survivor);
      for (int i = 0; i < 20; i++) {
        // with a key: it is asked again where an answer was lost, and counts once
        Reply.Applied added =
            survivor.applied(counters.get(i), new Command.Add(100), TEST.withKey("after"));
        assertThat(added.view().path("value").asInt()).isEqualTo(i + 101);
      }
      for (EntityRef counter : counters) {
        TestSystem.until(() -> versions(survivor, counter).contains(3L));
        assertThat(versions(survivor, counter)).startsWith(1L, 2L).endsWith(3L);
      }
    }
  }
}
