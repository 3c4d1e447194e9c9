package io.copyhold.runtime.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.entity.Counter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.JournalProtocol;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.PersistentEnvelope;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.testkit.javadsl.TestKit;
import org.junit.jupiter.api.Test;
import scala.jdk.javaapi.CollectionConverters;

/**
 * What Pekko Persistence and the shell rely on in any journal: the claims of Pekko's own contract
 * suite, which cannot be had without ScalaTest. Speaks the protocol that persistent actors speak.
 */
abstract class JournalContract {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final AtomicInteger NAMES = new AtomicInteger();

  final EntityRef entity = new EntityRef("counter", "contract-" + NAMES.incrementAndGet());

  /** A system whose configured journal is the one under test, and that owns all counters. */
  abstract ActorSystem system();

  final ActorRef journal() {
    return journal(system());
  }

  private static ActorRef journal(ActorSystem of) {
    return ((Persistence) Persistence.lookup().get(of)).journalFor("", ConfigFactory.empty());
  }

  static Journaled event(long amount) {
    return new Journaled(
        new Counter.Event.Added(amount), Origin.of("contract"), Instant.EPOCH, null, null);
  }

  private static PersistentRepr repr(EntityRef entity, long version) {
    return repr(entity, version, "writer");
  }

  private static PersistentRepr repr(EntityRef entity, long version, String writer) {
    return PersistentRepr.apply(
        event(version * 10), version, entity.persistenceId(), "", false, null, writer);
  }

  /** The answers, one for each event, after the one for the whole. */
  final List<Object> bring(EntityRef to, long from, int events) {
    return bring(to, from, events, "writer");
  }

  /**
   * @param incarnation of the entity's actor
   */
  final List<Object> bring(EntityRef to, long from, int events, String incarnation) {
    return bring(system(), to, from, events, incarnation);
  }

  static List<Object> bring(
      ActorSystem by, EntityRef to, long from, int events, String incarnation) {
    List<PersistentRepr> reprs =
        LongStream.range(from, from + events)
            .mapToObj(version -> repr(to, version, incarnation))
            .toList();
    TestKit writer = new TestKit(by);
    journal(by)
        .tell(
            new JournalProtocol.WriteMessages(
                CollectionConverters.asScala(
                        List.<PersistentEnvelope>of(
                            new AtomicWrite(CollectionConverters.asScala(reprs).toList())))
                    .toList(),
                writer.getRef(),
                7),
            ActorRef.noSender());
    List<Object> answers = new ArrayList<>();
    for (int i = 0; i <= events; i++) {
      answers.add(writer.receiveOne(PATIENCE));
    }
    return answers;
  }

  /** One event, without waiting for the answers. */
  final void send(TestKit writer, EntityRef to, long version) {
    journal()
        .tell(
            new JournalProtocol.WriteMessages(
                CollectionConverters.asScala(
                        List.<PersistentEnvelope>of(AtomicWrite.apply(repr(to, version))))
                    .toList(),
                writer.getRef(),
                7),
            ActorRef.noSender());
  }

  final void stored(long from, int events) {
    List<Object> answers = bring(entity, from, events);
    assertThat(answers.getFirst().getClass().getSimpleName()).isEqualTo("WriteMessagesSuccessful$");
    assertThat(answers.subList(1, answers.size()))
        .hasOnlyElementsOfType(JournalProtocol.WriteMessageSuccess.class);
  }

  record Replayed(List<Long> versions, List<Object> events, long highest) {}

  final Replayed replay(EntityRef of, long from, long to, long max) {
    TestKit reader = new TestKit(system());
    journal()
        .tell(
            new JournalProtocol.ReplayMessages(from, to, max, of.persistenceId(), reader.getRef()),
            ActorRef.noSender());
    List<Long> versions = new ArrayList<>();
    List<Object> events = new ArrayList<>();
    while (true) {
      switch (reader.receiveOne(PATIENCE)) {
        case JournalProtocol.ReplayedMessage one -> {
          versions.add(one.persistent().sequenceNr());
          events.add(((Journaled) one.persistent().payload()).event());
        }
        case JournalProtocol.RecoverySuccess end -> {
          return new Replayed(versions, events, end.highestSequenceNr());
        }
        case null -> throw new AssertionError("no answer");
        case Object other -> throw new AssertionError("unexpected: " + other);
      }
    }
  }

  final Replayed all() {
    return replay(entity, 1, Long.MAX_VALUE, Long.MAX_VALUE);
  }

  @Test
  void whatWasStoredIsReplayedInOrder() {
    stored(1, 1);
    stored(2, 3);
    assertThat(all().versions()).containsExactly(1L, 2L, 3L, 4L);
    assertThat(all().events())
        .containsExactly(
            new Counter.Event.Added(10),
            new Counter.Event.Added(20),
            new Counter.Event.Added(30),
            new Counter.Event.Added(40));
    assertThat(all().highest()).isEqualTo(4);
  }

  @Test
  void anEntityThatNeverWasHasNoEventAndVersionZero() {
    assertThat(all()).isEqualTo(new Replayed(List.of(), List.of(), 0));
  }

  @Test
  void aReplayKeepsToItsBoundsAndStillTellsTheHighestVersion() {
    stored(1, 5);
    assertThat(replay(entity, 2, 4, Long.MAX_VALUE).versions()).containsExactly(2L, 3L, 4L);
    assertThat(replay(entity, 2, 100, 2).versions()).containsExactly(2L, 3L);
    assertThat(replay(entity, 3, 3, 10).versions()).containsExactly(3L);
    assertThat(replay(entity, 4, 3, 10).versions()).isEmpty();
    assertThat(replay(entity, 1, 5, 0).versions()).isEmpty();
    assertThat(replay(entity, 9, 20, 10).versions()).isEmpty();
    assertThat(replay(entity, 2, 3, 10).highest()).isEqualTo(5);
  }

  @Test
  void aReplayLongerThanAPageIsWhole() {
    for (int i = 0; i < 13; i++) {
      stored(1 + i * 100L, 100);
    }
    assertThat(all().versions())
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 1300).boxed().toList());
  }

  @Test
  void entitiesOfSimilarNamesAreKeptApart() {
    EntityRef longer = new EntityRef("counter", entity.id() + "0");
    stored(1, 2);
    bring(longer, 1, 1);
    assertThat(all().versions()).containsExactly(1L, 2L);
    assertThat(replay(longer, 1, 10, 10).versions()).containsExactly(1L);
  }

  @Test
  void manyEntitiesAtOnceAreAllStored() {
    List<EntityRef> many = new ArrayList<>();
    TestKit writer = new TestKit(system());
    for (int i = 0; i < 300; i++) {
      EntityRef one = new EntityRef("counter", entity.id() + "-" + i);
      many.add(one);
      send(writer, one, 1);
    }
    int successes = 0;
    while (successes < 300) {
      Object answer = Optional.ofNullable(writer.receiveOne(PATIENCE)).orElseThrow();
      assertThat(answer).isNotInstanceOf(JournalProtocol.WriteMessagesFailed.class);
      if (answer instanceof JournalProtocol.WriteMessageSuccess) {
        successes++;
      }
    }
    assertThat(many).allSatisfy(one -> assertThat(replay(one, 1, 9, 9).highest()).isEqualTo(1));
  }
}
