package io.copyhold.runtime.operation;

import static io.copyhold.runtime.TestSystem.await;
import static io.copyhold.runtime.TestSystem.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.entity.History;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What an operation and its owner write, on the real journal. */
class OperationJournalTest {
  private static final Origin TEST = Origin.of("test");

  private final Database database = PostgresFixture.newDatabase();
  private final EntityRef errand = new EntityRef("errand", "one");
  private final EntityRef operation = errand.operation(Errand.OPERATION);

  private TestSystem start(Step... steps) {
    TestSystem node = TestSystem.Options.of(Errand.TYPE, OperationEntity.TYPE).start(database);
    Operations engine =
        new Operations(
            new OperationTypes(List.of(Errand.operation("1.0.0", List.of(steps)))),
            node.types().codec(),
            node.history());
    return node.host(Errand.TYPE, engine.reactor(Errand.TYPE));
  }

  private String state(TestSystem node) {
    return await(node.history().at(errand, Long.MAX_VALUE)).summary().path("state").asText();
  }

  private List<String> events(TestSystem node, EntityRef entity) {
    return await(node.history().events(entity, 1, 1_000)).stream()
        .map(History.Entry::name)
        .toList();
  }

  /** The names of the events of each transaction, in their order. */
  private List<String> transactions() throws SQLException {
    try (Connection connection = database.connect("test");
        PreparedStatement s =
            connection.prepareStatement(
                "SELECT string_agg(split_part(name, '/', 2), ' ' ORDER BY ordering)"
                    + " FROM copyhold.event GROUP BY xid ORDER BY xid");
        ResultSet r = s.executeQuery()) {
      List<String> all = new ArrayList<>();
      while (r.next()) {
        all.add(r.getString(1));
      }
      return all;
    }
  }

  @Test
  void itsStartAndItsEndAreStoredWithWhatItsOwnerMakesOfThem() throws SQLException {
    try (TestSystem node =
        start(Errand.step("first", StepResult::done), Errand.step("second", StepResult::done))) {
      node.applied(errand, new Errand.Command.Send(), TEST);
      until(() -> state(node).equals("done"));
      assertThat(transactions())
          .containsExactly(
              "sent started attempt-started",
              "step-done attempt-started",
              "step-done ended settled");
    }
  }

  /** An operation's actor that fails leaves its step's thread behind, which may write still. */
  @Test
  void aRunnerThatTakesAnothersPlaceOnItsNodeHasATokenOfItsOwn() throws SQLException {
    List<FenceToken> tokens = new CopyOnWriteArrayList<>();
    CountDownLatch report = new CountDownLatch(1);
    Step step =
        new Step() {
          @Override
          public String name() {
            return "work";
          }

          @Override
          public StepResult run(StepContext context) throws Exception {
            tokens.add(context.token());
            if (tokens.size() == 1) {
              report.await();
            }
            return StepResult.done();
          }
        };
    try (TestSystem node = start(step)) {
      node.applied(errand, new Errand.Command.Send(), TEST);
      until(() -> tokens.size() == 1);
      takeVersion(
          node,
          operation,
          3,
          new Operation.Event.LateCompletion(
              99, "done")); // so that the journal refuses the report, and the actor starts again
      report.countDown();
      until(() -> state(node).equals("done"));
      assertThat(tokens).hasSize(2);
      assertThat(tokens.get(1).term()).isEqualTo(tokens.get(0).term());
      assertThat(tokens.get(1).attempt()).isGreaterThan(tokens.get(0).attempt());
      assertThat(events(node, operation))
          .containsExactly(
              "started",
              "attempt-started",
              "late-completion",
              "attempt-started",
              "step-done",
              "ended");
    }
  }

  @Test
  void aCallerWhoseEventsWereNotStoredHearsThatAtOnce() throws SQLException {
    try (TestSystem node = start(Errand.step("first", StepResult::done))) {
      node.applied(errand, new Errand.Command.Note(), TEST);
      takeVersion(node, errand, 2, new Errand.Event.Noted());
      assertThat(node.ask(errand, new Errand.Command.Note(), TEST))
          .isInstanceOfSatisfying(
              Reply.NotNow.class,
              reply -> assertThat(reply.problem().code()).isEqualTo("not-stored"));
      assertThat(node.applied(errand, new Errand.Command.Note(), TEST).version()).isEqualTo(3);
    }
  }

  /** Another writer was there first. */
  private void takeVersion(TestSystem node, EntityRef entity, long version, Object event)
      throws SQLException {
    try (Connection connection = database.connect("test");
        PreparedStatement s =
            connection.prepareStatement(
                "INSERT INTO copyhold.event"
                    + " (entity, version, name, payload, at, principal, term, slice)"
                    + " SELECT entity, ?, ?, ?, at, principal, term, slice FROM copyhold.event"
                    + " WHERE entity = ? AND version = 1")) {
      s.setLong(1, version);
      s.setString(2, node.types().codec().manifestOf(event));
      s.setBytes(
          3, node.types().codec().encode(new Journaled(event, TEST, Instant.EPOCH, null, null)));
      s.setString(4, entity.persistenceId());
      s.executeUpdate();
    }
  }
}
