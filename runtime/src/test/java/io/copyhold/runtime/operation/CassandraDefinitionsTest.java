package io.copyhold.runtime.operation;

import static io.copyhold.runtime.TestSystem.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.cassandra.CassandraFixture;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.cassandra.KeyspaceSchema.Part;
import io.copyhold.runtime.replay.CassandraReplayOffsets;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The small ports of operations and replays on a real Cassandra. */
class CassandraDefinitionsTest {
  @Test
  void whatNodesCanRunIsKnownUntilTheyAreGoneAndReplaysResumeWhereTheyWere() {
    try (ControlKeyspace keyspace =
        CassandraFixture.open(
            CassandraFixture.newKeyspace(),
            List.of(
                Part.of(CassandraDefinitions.class, "040-life.cql"),
                Part.of(CassandraDefinitions.class, "050-replay.cql")))) {
      Definitions a = new CassandraDefinitions(keyspace, "a#1");
      Definitions b = new CassandraDefinitions(keyspace, "b#1");
      await(a.advertise(List.of("x@1", "y@1")));
      await(b.advertise(List.of("x@1")));
      assertThat(await(a.nodesWith("x@1"))).containsExactlyInAnyOrder("a#1", "b#1");
      await(a.advertise(List.of("y@2")));
      assertThat(await(b.nodesWith("x@1"))).containsExactly("b#1");
      await(a.keepOnly(Set.of()));
      assertThat(await(b.nodesWith("x@1"))).isEmpty();
      assertThat(await(b.nodesWith("y@2"))).containsExactly("a#1");

      CassandraReplayOffsets replays = new CassandraReplayOffsets(keyspace);
      EntityRef entity = new EntityRef("counter", "c1");
      assertThat(replays.load(entity, "shadow")).isZero();
      replays.keep(entity, "shadow", 7);
      replays.keep(entity, "shadow", 3);
      assertThat(replays.load(entity, "shadow")).isEqualTo(3);
    }
  }
}
