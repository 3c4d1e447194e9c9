package io.copyhold.runtime.entity;

import static io.copyhold.runtime.TestSystem.await;
import static io.copyhold.runtime.TestSystem.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.entity.Counter.Command;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

/** Entities that cannot be replayed, on the real journal. */
class QuarantineTest {
  private static final Origin TEST = Origin.of("test");
  private final Database database = PostgresFixture.newDatabase();
  private final EntityRef sick = new EntityRef("counter", "sick");
  private final EntityRef sound = new EntityRef("counter", "sound");

  private TestSystem start() {
    return TestSystem.Options.of(Counter.TYPE)
        .with("copyhold.entity.ask-max", "1s") // what cannot be replayed gives no answer at first
        .start(database)
        .host(Counter.TYPE, _ -> Reactor.none());
  }

  private void fill() {
    try (TestSystem node = start()) {
      for (EntityRef counter : java.util.List.of(sick, sound)) {
        node.applied(counter, new Command.Create("one"), TEST);
        node.applied(counter, new Command.Add(1), TEST);
        node.applied(counter, new Command.Add(10), TEST);
      }
    }
  }

  private void update(String sql) {
    try (var connection = database.connect("test");
        PreparedStatement s = connection.prepareStatement(sql)) {
      assertThat(s.executeUpdate()).isEqualTo(1);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static String refusal(Reply reply) {
    return reply instanceof Reply.Refused(var problem) ? problem.code() : "";
  }

  @Test
  void aPoisonedEntityIsRefusedItsNeighboursAreNotAndAnOperatorMaySkipTheEvent() {
    fill();
    update(
        "UPDATE copyhold.event SET payload = '\\xff00' WHERE entity = 'counter|sick' AND version = 2");
    try (TestSystem node = start()) {
      until(() -> refusal(node.ask(sick, new Command.Add(1))).equals("quarantined"));
      assertThat(refusal(await(node.entities().read(sick)))).isEqualTo("quarantined");
      assertThat(node.applied(sound, new Command.Add(1), TEST).version()).isEqualTo(4);
      assertThat(refusal(node.ask(sick, new Quarantine.Command.Skip(3))))
          .isEqualTo("not-the-failing-event");
    }
    try (TestSystem node = start()) { // the verdict is found again
      until(() -> refusal(node.ask(sick, new Command.Add(1))).equals("quarantined"));
      node.applied(sick, new Quarantine.Command.Skip(2), TEST);
      Reply.Applied back = applied(node);
      assertThat(back.version()).isEqualTo(4);
      assertThat(back.view().path("value").asLong())
          .isEqualTo(11); // 10 + 1, without the event skipped
    }
    try (TestSystem node = start()) { // what was skipped stays skipped
      Reply.Applied back = applied(node);
      assertThat(back.version()).isEqualTo(5);
      assertThat(back.view().path("value").asLong()).isEqualTo(12);
    }
  }

  /** One more, once the entity is back. */
  private Reply.Applied applied(TestSystem node) {
    Reply[] last = new Reply[1];
    until(() ->
        (last[0] = node.ask(sick, new Command.Add(1), TEST.withKey("k" + node.hashCode())))
            instanceof Reply.Applied);
    return (Reply.Applied) last[0];
  }

  @Test
  void anEventOfANewerVersionIsNotPoison() {
    fill();
    update(
        "UPDATE copyhold.event SET name = 'counter/added/7' WHERE entity = 'counter|sick' AND version = 2");
    try (TestSystem node = start()) {
      until(() ->
          node.ask(sick, new Command.Add(1)) instanceof Reply.NotNow(_, _, var problem)
              && problem.code().equals("too-new"));
      assertThat(node.applied(sound, new Command.Add(1), TEST).version()).isEqualTo(4);
    }
    update(
        "UPDATE copyhold.event SET name = 'counter/added/1' WHERE entity = 'counter|sick' AND version = 2");
    try (TestSystem node = start()) {
      assertThat(node.applied(sick, new Command.Add(1), TEST).view().path("value").asLong())
          .isEqualTo(12);
    }
  }
}
