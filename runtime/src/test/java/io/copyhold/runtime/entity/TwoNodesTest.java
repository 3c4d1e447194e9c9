package io.copyhold.runtime.entity;

import static io.copyhold.runtime.TestSystem.await;
import static io.copyhold.runtime.TestSystem.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.entity.Counter.Command;
import io.copyhold.runtime.operation.OperationTypes;
import io.copyhold.runtime.operation.Operations;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Two nodes of one cluster: what goes over the wire, and what happens when one is lost. */
class TwoNodesTest {
  private static final Origin TEST = Origin.of("test");
  private static final int COUNTERS = 40;
  private final Database database = PostgresFixture.newDatabase();

  private static TestSystem hosting(TestSystem node) {
    Operations engine =
        new Operations(new OperationTypes(List.of()), node.types().codec(), node.history());
    return node.host(Counter.TYPE, engine.reactor(Counter.TYPE));
  }

  private static EntityRef counter(int i) {
    return new EntityRef("counter", "c" + i);
  }

  private static Reply answer(TestSystem node, EntityRef counter, Command command, Origin origin) {
    Reply[] last = new Reply[1];
    until(() ->
        !((last[0] = node.ask(counter, command, origin)) instanceof Reply.NotNow(_, _, var p)
            && !p.code().equals("not-yet")));
    return last[0];
  }

  @Test
  void everyCommandAndReplyCrossesNodesAndALostNodesEntitiesGoOnElsewhere() throws Exception {
    TestSystem first = hosting(TestSystem.Options.of(Counter.TYPE).start(database));
    TestSystem second = hosting(TestSystem.Options.of(Counter.TYPE).joining(first).start(database));
    try {
      for (int i = 0; i < COUNTERS; i++) {
        TestSystem node = i % 2 == 0 ? first : second;
        TestSystem other = i % 2 == 0 ? second : first;
        EntityRef counter = counter(i);
        assertThat(node.applied(counter, new Command.Create("n" + i), TEST).version()).isEqualTo(1);
        Reply.Applied added = other.applied(counter, new Command.Add(2), TEST.withKey("k" + i));
        Reply.Applied again = node.applied(counter, new Command.Add(2), TEST.withKey("k" + i));
        // as text: a number that was sent may be narrower
        assertThat(again)
            .hasToString(new Reply.Applied(counter, 2, added.view(), List.of(), false).toString());
        assertThat(answer(other, counter, new Command.Add(-1), TEST))
            .isInstanceOfSatisfying(
                Reply.Refused.class,
                refused ->
                    assertThat(refused.problem())
                        .isEqualTo(
                            Problem.invalid("not-positive", "add a positive number").at("by")));
        assertThat(answer(other, counter, new Command.Wait(), TEST))
            .isInstanceOf(Reply.NotNow.class);
        assertThat(await(other.entities().read(counter)))
            .hasToString(await(node.entities().read(counter)).toString());
        assertThat(await(other.entities().dryRun(counter, new Command.Add(3), TEST)))
            .isInstanceOfSatisfying(Reply.Applied.class, dry -> assertThat(dry.dryRun()).isTrue());
        node.applied(counter, new Command.RingAt(Instant.now().plusSeconds(3600)), TEST);
        assertThat(await(other.entities().wake(counter, Counter.ALARM, 1)))
            .isInstanceOf(Reply.Applied.class);
      }

      second.kill(first);
      for (int i = 0; i < COUNTERS; i++) {
        Reply.Applied after = first.applied(counter(i), new Command.Add(5), TEST.withKey("after"));
        assertThat(after.version()).isEqualTo(4);
        assertThat(after.view().path("value").asLong()).isEqualTo(7);
      }
    } finally {
      second.close();
      first.close();
    }
  }

  @Test
  void twoOwnersThatDoNotKnowOfEachOtherLoseNothingAndStoreNothingTwice() {
    TestSystem.Options alone =
        TestSystem.Options.of(Counter.TYPE).with("copyhold.entity.ask-max", "1s").withoutDaemon();
    EntityRef counter = counter(0);
    // a cluster each, as after a network cut that nobody has noticed
    try (TestSystem first = hosting(alone.start(database));
        TestSystem second = hosting(alone.start(database))) {
      first.applied(counter, new Command.Create("shared"), TEST);
      for (int i = 0; i < 8; i++) {
        TestSystem node = i / 2 % 2 == 0 ? first : second;
        Reply.Applied added = node.applied(counter, new Command.Add(1), TEST.withKey("k" + i));
        assertThat(added.version()).isEqualTo(2 + i);
        assertThat(added.view().path("value").asLong()).isEqualTo(1 + i);
      }
      assertThat(await(first.history().events(counter, 1, 100)))
          .extracting(History.Entry::version)
          .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
    }
  }
}
