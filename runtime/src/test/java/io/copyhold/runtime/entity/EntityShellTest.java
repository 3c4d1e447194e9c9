package io.copyhold.runtime.entity;

import static io.copyhold.runtime.TestSystem.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.entity.Counter.Command;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The shell around a small entity, on the real journal. */
class EntityShellTest {
  private static final AtomicInteger NEXT = new AtomicInteger();
  private static final Origin TEST = Origin.of("test");
  private static Database database;
  private static TestSystem node;

  @BeforeAll
  static void start() {
    database = PostgresFixture.newDatabase();
    node = startNode();
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static TestSystem startNode() {
    return TestSystem.Options.of(Counter.TYPE)
        .start(database)
        .host(Counter.TYPE, _ -> Reactor.none());
  }

  private static EntityRef fresh() {
    return new EntityRef("counter", "c" + NEXT.incrementAndGet());
  }

  private static EntityRef created() {
    EntityRef counter = fresh();
    node.applied(counter, new Command.Create("one"), TEST);
    return counter;
  }

  private static Problem refused(Reply reply) {
    assertThat(reply).isInstanceOf(Reply.Refused.class);
    return ((Reply.Refused) reply).problem();
  }

  private static long events(EntityRef entity) {
    return node.control()
        .now(c -> {
          try (PreparedStatement s =
              c.prepareStatement("SELECT count(*) FROM copyhold.event WHERE entity = ?")) {
            s.setString(1, entity.persistenceId());
            try (ResultSet r = s.executeQuery()) {
              r.next();
              return r.getLong(1);
            }
          }
        });
  }

  @Test
  void aCommandIsStoredAndAnsweredWithVersionAndSummary() {
    EntityRef counter = fresh();
    Reply.Applied created = node.applied(counter, new Command.Create("one"), TEST);
    assertThat(created.version()).isEqualTo(1);
    assertThat(created.events()).containsExactly("created");
    Reply.Applied added = node.applied(counter, new Command.Add(3), TEST);
    assertThat(added.version()).isEqualTo(2);
    assertThat(added.view().path("value").asLong()).isEqualTo(3);
    assertThat(events(counter)).isEqualTo(2);
  }

  @Test
  void readingWhatDoesNotExistIsNotFound() {
    assertThat(refused(await(node.entities().read(fresh()))).kind())
        .isEqualTo(Problem.Kind.NOT_FOUND);
  }

  @Test
  void anUnknownEntityTypeIsRefused() {
    assertThat(refused(node.ask(new EntityRef("teapot", "x"), new Command.Add(1))).code())
        .isEqualTo("entity-type-unknown");
  }

  @Test
  void aRefusalStoresNothing() {
    EntityRef counter = created();
    assertThat(refused(node.ask(counter, new Command.Add(-1))).code()).isEqualTo("not-positive");
    assertThat(events(counter)).isEqualTo(1);
  }

  @Test
  void aRepeatedKeyGetsTheFirstAnswerAndStoresNothing() {
    EntityRef counter = created();
    Origin keyed = TEST.withKey("k1");
    Reply.Applied first = node.applied(counter, new Command.Add(5), keyed);
    Reply.Applied again = node.applied(counter, new Command.Add(5), keyed);
    assertThat(again.version()).isEqualTo(first.version());
    assertThat(again.view()).isEqualTo(first.view());
    assertThat(events(counter)).isEqualTo(2);
  }

  @Test
  void aRepeatedKeyGetsTheFirstAnswerAlsoAfterOtherCommands() {
    EntityRef counter = created();
    Origin keyed = TEST.withKey("k1");
    Reply.Applied first = node.applied(counter, new Command.Add(5), keyed);
    node.applied(counter, new Command.Add(7), TEST);
    Reply.Applied again = node.applied(counter, new Command.Add(5), keyed);
    assertThat(again.version()).isEqualTo(first.version());
    assertThat(again.view()).isEqualTo(first.view());
    assertThat(events(counter)).isEqualTo(3);
  }

  @Test
  void aKeyWithAnotherCommandIsRefused() {
    EntityRef counter = created();
    node.applied(counter, new Command.Add(5), TEST.withKey("k1"));
    Problem problem = refused(node.ask(counter, new Command.Add(6), TEST.withKey("k1")));
    assertThat(problem.code()).isEqualTo("idempotency-key-reused");
    assertThat(problem.kind().status()).isEqualTo(422);
  }

  @Test
  void keysOfDifferentPrincipalsDoNotMeet() {
    EntityRef counter = created();
    node.applied(counter, new Command.Add(5), Origin.of("a").withKey("k"));
    assertThat(node.applied(counter, new Command.Add(6), Origin.of("b").withKey("k")).version())
        .isEqualTo(3);
  }

  @Test
  void anotherExpectedVersionIsRefused() {
    EntityRef counter = created();
    Problem problem = refused(node.ask(counter, new Command.Add(1), TEST.withExpectedVersion(7L)));
    assertThat(problem.kind()).isEqualTo(Problem.Kind.PRECONDITION);
    assertThat(node.applied(counter, new Command.Add(1), TEST.withExpectedVersion(1L)).version())
        .isEqualTo(2);
  }

  @Test
  void aDryRunTellsWhatWouldHappenAndStoresNothing() {
    EntityRef counter = created();
    Reply reply = await(node.entities().dryRun(counter, new Command.Add(4), TEST));
    assertThat(reply).isInstanceOf(Reply.Applied.class);
    Reply.Applied applied = (Reply.Applied) reply;
    assertThat(applied.dryRun()).isTrue();
    assertThat(applied.events()).containsExactly("added");
    assertThat(applied.view().path("value").asLong()).isEqualTo(4);
    assertThat(events(counter)).isEqualTo(1);
  }

  @Test
  void whatIsPutOffSaysWhenToAskAgain() {
    Reply reply = node.ask(created(), new Command.Wait());
    assertThat(reply).isInstanceOf(Reply.NotNow.class);
    assertThat(((Reply.NotNow) reply).retryAfter()).isEqualTo(Duration.ofSeconds(3));
    assertThat(((Reply.NotNow) reply).outcomeKnown()).isTrue();
  }

  @Test
  void aStateAboveItsLimitIsRefused() {
    EntityRef counter = created();
    assertThat(refused(node.ask(counter, new Command.Load(70_000))).code())
        .isEqualTo("state-too-large");
    assertThat(node.applied(counter, new Command.Load(60_000), TEST).version()).isEqualTo(2);
  }

  @Test
  void thePastIsReadableByVersionAndByTime() {
    EntityRef counter = created();
    for (int i = 1; i <= 5; i++) {
      node.applied(counter, new Command.Add(i), TEST);
    }
    History history = node.history();
    assertThat(await(history.events(counter, 1, 100)))
        .extracting(History.Entry::name)
        .containsExactly("created", "added", "added", "added", "added", "added");
    assertThat(await(history.at(counter, 3)).summary().path("value").asLong()).isEqualTo(3);
    Instant third = await(history.events(counter, 3, 1)).getFirst().at();
    assertThat(await(history.at(counter, third)).version()).isGreaterThanOrEqualTo(3);
    assertThat(await(history.at(counter, Instant.EPOCH)).exists()).isFalse();
  }
}
