package io.copyhold.runtime.replay;

import static io.copyhold.runtime.TestSystem.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.JournalHistory;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.operation.Errand;
import io.copyhold.runtime.operation.Operation;
import io.copyhold.runtime.operation.OperationEntity;
import io.copyhold.runtime.operation.OperationTypes;
import io.copyhold.runtime.operation.Operations;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The past of one entity and its operation, driven again, from the real journal. */
class ReplaysTest {
  private static final Origin TEST = Origin.of("test");

  private final TestSystem node =
      TestSystem.Options.of(Errand.TYPE, OperationEntity.TYPE).start(PostgresFixture.newDatabase());
  private final EntityRef errand = new EntityRef("errand", "one");
  private final EntityRef operation = errand.operation(Errand.OPERATION);
  private final AtomicInteger effects = new AtomicInteger();
  private final Replays replays =
      new Replays(
          (JournalHistory) node.history(), node.types(), new PostgresReplayOffsets(node.control()));

  /** A past with a retry, an iteration, a gate and data. */
  @BeforeEach
  void live() {
    List<Step> steps =
        List.of(
            Errand.step(
                "first",
                () ->
                    effects.incrementAndGet() == 1
                        ? StepResult.notNow(
                            Duration.ofMillis(1),
                            io.copyhold.runtime.Problem.unavailable("later", "later"))
                        : StepResult.done(java.util.Map.of("made", 7))),
            Errand.step(
                "again",
                () ->
                    effects.incrementAndGet() < 4
                        ? StepResult.again(java.util.Map.of("at", 1), Duration.ZERO, 1, 2)
                        : StepResult.done()),
            Errand.step("ask", () -> StepResult.gate("go", "go on?")));
    Operations engine =
        new Operations(
            new OperationTypes(List.of(Errand.operation("1.0.0", steps))),
            node.types().codec(),
            node.history());
    node.host(Errand.TYPE, engine.reactor(Errand.TYPE));
    node.applied(errand, new Errand.Command.Send(), TEST);
    node.applied(errand, new Errand.Command.Note(), TEST);
    until(() ->
        TestSystem.await(
                node.entities()
                    .signal(
                        errand, Errand.OPERATION, new Operation.Command.Approve("go", null), TEST))
            instanceof Reply.Applied);
    until(() -> state().path("state").asText().equals("done"));
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private com.fasterxml.jackson.databind.JsonNode state() {
    return ((Reply.Applied) TestSystem.await(node.entities().read(errand))).view();
  }

  private static ReplayPlan plan(
      EntityRef entity, boolean resume, @Nullable Long toVersion, double speed, Duration timeMax) {
    return new ReplayPlan(entity, "test", resume, toVersion, null, speed, timeMax);
  }

  private ReplayReport run(@Nullable Long toVersion) throws InterruptedException {
    return replays.run(plan(errand, false, toVersion, 0, Duration.ofMinutes(1)));
  }

  @Test
  void thePastComesOutAsItDidAndNoEffectHappensAgain() throws InterruptedException {
    int before = effects.get();
    ReplayReport report = run(null);
    assertThat(report.findings()).isEmpty();
    assertThat(report.done()).isTrue();
    assertThat(report.version()).isEqualTo(3);
    assertThat(report.operations()).isEqualTo(1);
    assertThat(report.view()).isEqualTo(state());
    long recorded = TestSystem.await(node.history().at(operation, Long.MAX_VALUE)).version();
    assertThat(report.events()).isEqualTo(3 + recorded);
    assertThat(report.redecided())
        .as("all of the operation, and the end that the entity heard of")
        .isEqualTo(recorded + 1);
    assertThat(effects).hasValue(before);
  }

  @Test
  void itStopsAtAVersionAndAtATimeAndGoesOnFromThere() throws InterruptedException {
    ReplayReport second = run(2L);
    assertThat(second.version()).isEqualTo(2);
    assertThat(second.view().path("state").asText()).isEqualTo("running");
    ReplayReport rest = replays.run(plan(errand, true, null, 0, Duration.ofMinutes(1)));
    assertThat(rest.version()).isEqualTo(3);
    Instant sent = TestSystem.await(node.history().events(errand, 1, 1)).getFirst().at();
    ReplayReport first =
        replays.run(new ReplayPlan(errand, "time", false, null, sent, 0, Duration.ofMinutes(1)));
    assertThat(first.version()).isEqualTo(1);
    assertThat(first.done()).isTrue();
  }

  @Test
  void aPacedReplayThatRunsOutOfTimeKeepsItsPlaceAndIsResumed() throws InterruptedException {
    // a thousandth of the pace of the past: the first pause is longer than the time it has
    ReplayReport part = replays.run(plan(errand, false, null, 0.001, Duration.ofMillis(1)));
    assertThat(part.done()).isFalse();
    long reached = part.version();
    assertThat(reached).isBetween(1L, 2L);
    ReplayReport rest = replays.run(plan(errand, true, null, 0, Duration.ofMinutes(1)));
    assertThat(rest.done()).isTrue();
    assertThat(rest.findings()).isEmpty();
  }

  @Test
  void codeThatDecidesOrFoldsOtherwiseTodayIsFound() {
    Shadow<Errand, Errand.Command, Errand.Event> shadow =
        new Shadow<>(new Otherwise(), errand, node.types().codec());
    List<io.copyhold.runtime.entity.Recordings.Recorded> all = new ArrayList<>();
    JournalHistory history = (JournalHistory) node.history();
    all.addAll(TestSystem.await(history.recorded(errand, 1, 2)));
    all.addAll(TestSystem.await(history.recorded(operation, 1, 1_000)));
    all.addAll(TestSystem.await(history.recorded(errand, 3, 1)));
    all.forEach(shadow::drive);
    assertThat(shadow.report(true).findings())
        .extracting(Finding::kind)
        .contains("decided-otherwise", "summary-differs");
  }

  @Test
  void anEffectsAnswerThatTheEngineWouldTakeOtherwiseIsFound() {
    JournalHistory history = (JournalHistory) node.history();
    Shadow<Errand, Errand.Command, Errand.Event> shadow =
        new Shadow<>(Errand.TYPE, errand, node.types().codec());
    TestSystem.await(history.recorded(errand, 1, 1)).forEach(shadow::drive);
    TestSystem.await(history.recorded(operation, 1, 1_000)).stream()
        .filter(event -> event.version() != 2) // the first intent is missing
        .forEach(shadow::drive);
    assertThat(shadow.report(true).findings()).isNotEmpty();
  }

  /** As today's code might be by mistake: another word for the end, another count of notes. */
  private static final class Otherwise
      implements io.copyhold.runtime.entity.EntityType<Errand, Errand.Command, Errand.Event> {
    @Override
    public String name() {
      return Errand.TYPE.name();
    }

    @Override
    public Errand initial() {
      return Errand.TYPE.initial();
    }

    @Override
    public Decision<Errand.Event> decide(Errand state, Errand.Command command, Instant now) {
      return Errand.TYPE.decide(state, command, now);
    }

    @Override
    public Errand evolve(Errand state, Errand.Event event) {
      Errand next = Errand.TYPE.evolve(state, event);
      return event instanceof Errand.Event.Noted
          ? new Errand(next.state(), next.notes() + 1)
          : next;
    }

    @Override
    public io.copyhold.runtime.journal.StoredTypes stored() {
      return Errand.TYPE.stored();
    }

    @Override
    public boolean exists(Errand state) {
      return Errand.TYPE.exists(state);
    }

    @Override
    public com.fasterxml.jackson.databind.JsonNode summary(Errand state) {
      return Errand.TYPE.summary(state);
    }

    @Override
    public Optional<Errand.Command> settle(Errand state, String operation, Outcome outcome) {
      return Optional.of(new Errand.Command.Settle("ended"));
    }
  }
}
