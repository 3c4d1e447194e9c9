package io.copyhold.runtime.entity;

import static io.copyhold.runtime.TestSystem.await;
import static io.copyhold.runtime.TestSystem.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.entity.Counter.Command;
import io.copyhold.runtime.operation.OperationTypes;
import io.copyhold.runtime.operation.Operations;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What survives when the actor system ends and another one starts on the same database. */
class EntityRestartTest {
  private static final Origin TEST = Origin.of("test");
  private final Database database = PostgresFixture.newDatabase();
  private final EntityRef counter = new EntityRef("counter", "c1");

  private TestSystem start() {
    TestSystem node =
        TestSystem.Options.of(Counter.TYPE)
            .with("copyhold.entity.snapshot-every", 10)
            .start(database);
    Operations engine =
        new Operations(new OperationTypes(List.of()), node.types().codec(), node.history());
    return node.host(Counter.TYPE, engine.reactor(Counter.TYPE));
  }

  private interface Row<T> {
    T of(ResultSet r) throws SQLException;
  }

  private <T> T query(String sql, Row<T> row) {
    try (var connection = database.connect("test");
        PreparedStatement s = connection.prepareStatement(sql);
        ResultSet r = s.executeQuery()) {
      r.next();
      return row.of(r);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private int update(String sql) {
    try (var connection = database.connect("test");
        PreparedStatement s = connection.prepareStatement(sql)) {
      return s.executeUpdate();
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private void add(TestSystem node, int times) {
    for (int i = 0; i < times; i++) {
      node.applied(counter, new Command.Add(1), TEST);
    }
  }

  @Test
  void stateVersionAndKeysSurviveARestart() {
    try (TestSystem node = start()) {
      node.applied(counter, new Command.Create("one"), TEST);
      node.applied(counter, new Command.Add(5), TEST.withKey("k"));
      node.applied(counter, new Command.Add(2), TEST);
    }
    try (TestSystem node = start()) {
      Reply.Applied again = node.applied(counter, new Command.Add(5), TEST.withKey("k"));
      assertThat(again.version()).isEqualTo(2);
      assertThat(again.view().path("value").asLong()).isEqualTo(5);
      Reply.Applied next = node.applied(counter, new Command.Add(1), TEST.withExpectedVersion(3L));
      assertThat(next.view().path("value").asLong()).isEqualTo(8);
    }
  }

  @Test
  void aSnapshotIsUsedAndTheEventsAfterIt() {
    try (TestSystem node = start()) {
      node.applied(counter, new Command.Create("one"), TEST);
      add(node, 24);
      until(() -> query("SELECT max(version) FROM copyhold.snapshot", r -> r.getLong(1)) == 20);
    }
    // without its first events the entity cannot be replayed: what comes back came from the
    // snapshot
    assertThat(update("UPDATE copyhold.event SET payload = '\\x00' WHERE version <= 15"))
        .isEqualTo(15);
    try (TestSystem node = start()) {
      Reply.Applied next = node.applied(counter, new Command.Add(1), TEST);
      assertThat(next.version()).isEqualTo(26);
      assertThat(next.view().path("value").asLong()).isEqualTo(25);
    }
  }

  @Test
  void aSnapshotOfAnotherShapeIsIgnored() {
    try (TestSystem node = start()) {
      node.applied(counter, new Command.Create("one"), TEST);
      add(node, 11);
      until(() -> query("SELECT count(*) FROM copyhold.snapshot", r -> r.getLong(1)) > 0);
    }
    assertThat(
            update(
                "UPDATE copyhold.snapshot SET name = 'snapshot/counter/000000000000', payload = '\\x00'"))
        .isPositive();
    try (TestSystem node = start()) {
      assertThat(node.applied(counter, new Command.Add(1), TEST).view().path("value").asLong())
          .isEqualTo(12);
    }
  }

  @Test
  void anUnreadableSnapshotIsIgnored() {
    try (TestSystem node = start()) {
      node.applied(counter, new Command.Create("one"), TEST);
      add(node, 11);
      until(() -> query("SELECT count(*) FROM copyhold.snapshot", r -> r.getLong(1)) > 0);
    }
    assertThat(update("UPDATE copyhold.snapshot SET payload = '\\x0102'")).isPositive();
    try (TestSystem node = start()) {
      assertThat(node.applied(counter, new Command.Add(1), TEST).view().path("value").asLong())
          .isEqualTo(12);
    }
  }

  @Test
  void anAlarmThatCameDueWhileAllWasDownRingsOnceAfterTheRestart() {
    try (TestSystem node = start()) {
      node.applied(counter, new Command.Create("one"), TEST);
      node.applied(counter, new Command.RingAt(Instant.now().plusSeconds(3600)), TEST);
    }
    assertThat(
            update(
                "UPDATE copyhold.agenda SET due = now() - interval '1 hour', next = now() - interval '1 hour'"))
        .isEqualTo(1);
    // the alarm's own time is business data: move it, too
    try (TestSystem node =
        TestSystem.Options.of(Counter.TYPE)
            .clock(() -> Instant.now().plusSeconds(7200))
            .start(database)) {
      Operations engine =
          new Operations(new OperationTypes(List.of()), node.types().codec(), node.history());
      node.host(Counter.TYPE, engine.reactor(Counter.TYPE));
      until(() -> events(node).contains("rang"));
      until(() -> await(node.ports().agenda().size()) == 0);
      assertThat(events(node)).containsExactly("created", "ring-set", "rang");
      assertThat(
              await(node.history().events(counter, 3, 1)).getFirst().event().path("missed").asInt())
          .as("every ten minutes for an hour")
          .isEqualTo(6);
    }
  }

  @Test
  void anAlarmRingsByTheAgendasTimeOnANodeWhoseClockIsAnHourBehind() {
    try (TestSystem node = skewed(Duration.ofHours(-1))) {
      node.applied(counter, new Command.Create("one"), TEST);
      node.applied(counter, new Command.RingAt(Instant.now()), TEST);
      until(() -> events(node).contains("rang"));
      until(() -> await(node.ports().agenda().size()) == 0);
      assertThat(events(node)).containsExactly("created", "ring-set", "rang");
    }
  }

  @Test
  void anAlarmDoesNotRingEarlyOnANodeWhoseClockIsAnHourAhead() {
    EntityRef other = new EntityRef("counter", "other");
    try (TestSystem node = skewed(Duration.ofHours(1))) {
      node.applied(counter, new Command.Create("one"), TEST);
      node.applied(counter, new Command.RingAt(Instant.now().plusSeconds(1_800)), TEST);
      node.applied(other, new Command.Create("two"), TEST);
      node.applied(other, new Command.RingAt(Instant.now()), TEST);
      until(() ->
          await(node.history().events(other, 1, 100)).stream()
              .anyMatch(entry -> entry.name().equals("rang")));
      assertThat(events(node)).containsExactly("created", "ring-set");
    }
  }

  private TestSystem skewed(Duration by) {
    TestSystem node =
        TestSystem.Options.of(Counter.TYPE).clock(() -> Instant.now().plus(by)).start(database);
    Operations engine =
        new Operations(new OperationTypes(List.of()), node.types().codec(), node.history());
    return node.host(Counter.TYPE, engine.reactor(Counter.TYPE));
  }

  @Test
  void anAlarmWokenAheadOfItsTimeDoesNotRing() {
    try (TestSystem node = start()) {
      node.applied(counter, new Command.Create("one"), TEST);
      node.applied(counter, new Command.RingAt(Instant.now().plusSeconds(3600)), TEST);
      assertThat(await(node.entities().wake(counter, Counter.ALARM, 0)))
          .isInstanceOf(Reply.Applied.class);
      assertThat(node.applied(counter, new Command.Add(1), TEST).version()).isEqualTo(3);
      assertThat(events(node)).containsExactly("created", "ring-set", "added");
      assertThat(await(node.ports().agenda().size())).isEqualTo(1);
    }
  }

  private List<String> events(TestSystem node) {
    return await(node.history().events(counter, 1, 100)).stream().map(History.Entry::name).toList();
  }

  @Test
  void anIdleEntityLeavesMemoryAndComesBack() {
    try (TestSystem node =
        TestSystem.Options.of(Counter.TYPE)
            .with("copyhold.entity.idle-after", "200ms")
            .telemetry(new CountingTelemetry())
            .start(database)) {
      node.host(Counter.TYPE, _ -> Reactor.none());
      CountingTelemetry seen = (CountingTelemetry) node.ports().telemetry();
      node.applied(counter, new Command.Create("one"), TEST);
      until(() -> seen.stopped() >= 1);
      assertThat(node.applied(counter, new Command.Add(1), TEST).version()).isEqualTo(2);
      assertThat(seen.started()).isGreaterThanOrEqualTo(2);
    }
  }
}
