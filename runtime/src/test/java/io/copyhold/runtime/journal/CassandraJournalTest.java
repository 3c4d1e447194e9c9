package io.copyhold.runtime.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.Slices;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.cassandra.CassandraFixture;
import io.copyhold.runtime.cassandra.ControlKeyspace;
import io.copyhold.runtime.journal.CassandraIntents.Intent;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.JournalProtocol;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The contract of all journals, and what Cassandra's promises: owners, and the feed. */
class CassandraJournalTest extends JournalContract {
  private static final int ALL = 1_000;

  private static Map<String, Object> keys;
  private static CassandraNode node;

  @BeforeAll
  static void start() {
    keys = CassandraFixture.newKeyspace();
    node = new CassandraNode("one", keys);
    for (int number = 0; number < 30; number++) {
      node.claim(new Shard("counter", number));
    }
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Override
  ActorSystem system() {
    return node.system;
  }

  private EntityRef other(String type) {
    return new EntityRef(type, entity.id());
  }

  private static List<String> follow(Feed feed, EntityRef entity, int limit) {
    List<String> seen = new ArrayList<>();
    String offset = Feed.START;
    boolean more = true;
    while (more) {
      Feed.Batch batch = feed.read(Slices.ALL, offset, limit);
      assertThat(batch.entries()).hasSizeLessThanOrEqualTo(limit);
      batch.entries().stream()
          .filter(one -> one.entity().equals(entity))
          .forEach(one -> seen.add(Long.toString(one.version())));
      offset = batch.offset();
      more = batch.more();
    }
    return seen;
  }

  @Test
  void aWriteThroughAnotherNodeThatDoesNotOwnTheShardIsRejected() {
    EntityRef foreign = other("foreign");
    List<Object> answers = bring(foreign, 1, 2);
    assertThat(answers.subList(1, 3))
        .hasOnlyElementsOfType(JournalProtocol.WriteMessageRejected.class);
    assertThat(replay(foreign, 1, 10, 10).highest()).isZero();
  }

  @Test
  void aSecondWritersEventOfOneVersionFailsTheReplayAndLosesNothingInSilence() {
    stored(1, 2);
    bring(entity, 2, 1, "somebody else");
    TestKit reader = new TestKit(system());
    journal()
        .tell(
            new JournalProtocol.ReplayMessages(
                1, Long.MAX_VALUE, Long.MAX_VALUE, entity.persistenceId(), reader.getRef()),
            ActorRef.noSender());
    Object last = reader.receiveOne(TestSystem.PATIENCE);
    while (last instanceof JournalProtocol.ReplayedMessage) {
      last = reader.receiveOne(TestSystem.PATIENCE);
    }
    assertThat(last).isInstanceOf(JournalProtocol.ReplayMessagesFailure.class);
  }

  @Test
  void aClaimOutdatesTheTermOfALivingOwnerWhichIsToldOnce() {
    EntityRef ours = other("elsewhere");
    try (CassandraNode former = new CassandraNode("former", keys);
        CassandraNode later = new CassandraNode("later", keys)) {
      Shard shard = former.shard(ours);
      long first = former.claim(shard);
      former.journal.require(shard, first);
      long second = later.claim(shard);
      assertThat(second).isGreaterThan(first);
      later.journal.require(shard, second);
      assertThatThrownBy(() -> former.journal.require(shard, first))
          .isInstanceOf(ProblemException.class);
      assertThat(former.lost)
          .singleElement()
          .satisfies(why -> assertThat(why.code()).isEqualTo("shard-claimed"));
    }
  }

  @Test
  void aShardThatWasGivenBackIsClaimedWithoutWaiting() {
    EntityRef ours = other("given");
    try (CassandraNode former = new CassandraNode("former", keys);
        CassandraNode later = new CassandraNode("later", keys)) {
      Shard shard = former.shard(ours);
      long first = former.claim(shard);
      TestSystem.await(former.journal.release(shard));
      assertThat(later.claim(shard)).isGreaterThan(first);
      assertThat(
              ControlKeyspace.await(
                  later.keyspace.rows("SELECT type FROM shard_taken ALLOW FILTERING")))
          .noneMatch(row -> "given".equals(row.getString(0)));
    }
  }

  @Test
  void anOwnerThatIsCutOffStoresNothingWhenItsSuccessorMay() {
    EntityRef ours = other("silent");
    try (CassandraNode former = new CassandraNode("former", keys);
        CassandraNode later = new CassandraNode("later", keys)) {
      Shard shard = former.shard(ours);
      long first = former.claim(shard);
      TestSystem.await(former.journal.intents().add(Intent.write(ours.persistenceId(), 1, 1)));
      former.cutOff();
      long second = later.claim(shard);
      assertThat(second).isGreaterThan(first);
      assertThatThrownBy(() -> former.journal.require(shard, first))
          .hasMessageContaining("lease-unconfirmed");
      later.journal.require(shard, second);
      assertThat(later.journal.doubts().of(ours.persistenceId())).hasValue(1);
    }
  }

  @Test
  void followersSeeEachEventOnceInOrderInPagesOfAnySize() {
    stored(1, 3);
    stored(4, 1);
    stored(5, 2);
    for (int limit : List.of(1, 2, 7, ALL)) {
      assertThat(follow(node.feed, entity, limit)).containsExactly("1", "2", "3", "4", "5", "6");
    }
  }

  @Test
  void slicesShareTheEntitiesOutWithNoneLeftOver() {
    stored(1, 1);
    Set<EntityRef> whole = new HashSet<>();
    node.feed.read(Slices.ALL, Feed.START, 10_000).entries().forEach(e -> whole.add(e.entity()));
    Set<EntityRef> parts = new HashSet<>();
    for (int slice = 0; slice < Slices.COUNT; slice++) {
      for (Feed.Entry one :
          node.feed.read(new Slices(slice, slice), Feed.START, 10_000).entries()) {
        assertThat(Slices.of(one.entity())).isEqualTo(slice);
        parts.add(one.entity());
      }
    }
    assertThat(parts).isEqualTo(whole).contains(entity);
  }

  @Test
  void theEndIsAfterWhatIsStoredAndBeforeWhatComes() {
    stored(1, 1);
    String end = node.feed.end();
    stored(2, 1);
    assertThat(node.feed.read(Slices.ALL, end, ALL).entries())
        .filteredOn(one -> one.entity().equals(entity))
        .extracting(Feed.Entry::version)
        .containsExactly(2L);
  }

  @Test
  void textThatIsNoOffsetIsRefused() {
    for (String nonsense : List.of("x", "1~", "1~2", "1~a:2", "~~~", "1~2:3/")) {
      assertThatThrownBy(() -> node.feed.read(Slices.ALL, nonsense, 1))
          .isInstanceOf(ProblemException.class)
          .hasMessageContaining("offset-malformed");
    }
  }

  @Test
  void whatIsAnnouncedAndNotYetStoredIsWaitedForAndHoldsNoOtherOwnerBack() {
    EntityRef slow = other("slow");
    try (CassandraNode writer = new CassandraNode("slow", keys)) {
      Shard shard = writer.shard(slow);
      writer.claim(shard);
      long announced =
          TestSystem.await(writer.journal.intents().add(Intent.write(slow.persistenceId(), 1, 1)));
      write(writer, new EntityRef("slow", entity.id()), 2); // after it in the same list
      stored(1, 1);
      assertThat(follow(node.feed, entity, ALL)).containsExactly("1");
      assertThat(follow(node.feed, slow, ALL)).isEmpty();
      writer.journal.intents().settle(announced);
      TestSystem.until(() -> follow(node.feed, slow, ALL).equals(List.of("2")));
    }
  }

  /** Through that node's own journal. */
  private void write(CassandraNode by, EntityRef to, long version) {
    assertThat(bring(by.system, to, version, 1, by.system.name()).getLast())
        .isInstanceOf(JournalProtocol.WriteMessageSuccess.class);
  }

  @Test
  void eventsOfAnEntityThatChangesItsOwnerComeInOrder() {
    EntityRef moving = other("moving");
    try (CassandraNode a = new CassandraNode("a", keys);
        CassandraNode b = new CassandraNode("b", keys)) {
      Shard shard = a.shard(moving);
      List<String> expected = new ArrayList<>();
      List<CassandraNode> turns = List.of(b, a, b, a);
      long version = 0;
      for (CassandraNode turn : turns) {
        turn.claim(shard);
        for (int i = 0; i < 3; i++) {
          write(turn, moving, ++version);
          expected.add(Long.toString(version));
        }
        TestSystem.await(turn.journal.release(shard));
      }
      for (int limit : List.of(1, 5, ALL)) {
        assertThat(follow(node.feed, moving, limit)).isEqualTo(expected);
      }
    }
  }

  @Test
  void manyWritersLoseNothingAndKeepEachEntitysOrder() {
    int entities = 20;
    int each = 25;
    Map<EntityRef, Long> last = new HashMap<>();
    List<String> disorder = new ArrayList<>();
    String offset = node.feed.end();
    for (int version = 1; version <= each; version++) {
      TestKit writer = new TestKit(system());
      for (int i = 0; i < entities; i++) {
        send(writer, new EntityRef("counter", entity.id() + "-" + i), version);
      }
      for (int answers = 0; answers < 2 * entities; answers++) {
        assertThat(writer.receiveOne(TestSystem.PATIENCE))
            .isNotInstanceOf(JournalProtocol.WriteMessagesFailed.class);
      }
      Feed.Batch batch = node.feed.read(Slices.ALL, offset, 1 + version % 7);
      offset = batch.offset();
      note(batch, last, disorder);
    }
    boolean more = true;
    while (more) {
      Feed.Batch batch = node.feed.read(Slices.ALL, offset, 11);
      note(batch, last, disorder);
      offset = batch.offset();
      more = batch.more();
    }
    assertThat(disorder).isEmpty();
    assertThat(last.values()).hasSize(entities).containsOnly((long) each);
  }

  private static void note(Feed.Batch batch, Map<EntityRef, Long> last, List<String> disorder) {
    for (Feed.Entry one : batch.entries()) {
      long before = last.getOrDefault(one.entity(), 0L);
      if (one.version() != before + 1) {
        disorder.add(one.entity() + "@" + one.version() + " after " + before);
      }
      last.put(one.entity(), one.version());
    }
  }
}
