package io.copyhold.runtime.operation;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Operation.Command;
import io.copyhold.runtime.operation.Operation.Event;
import io.copyhold.runtime.operation.Operation.Running;
import io.copyhold.runtime.operation.Operation.Wait;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What an operation waits for, as events and as sentences. */
class OperationWaitTest {
  private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
  private static final RetryPolicy ONCE =
      new RetryPolicy(1, Duration.ofSeconds(1), Duration.ofSeconds(1));

  private Operation operation = new Operation.NotStarted();

  private List<Event> tell(Command command) {
    if (!(Operation.decide(operation, command, NOW)
        instanceof Decision.Accept<Event>(var events))) {
      throw new AssertionError("refused: " + command);
    }
    events.forEach(event -> operation = Operation.evolve(operation, event));
    return events;
  }

  private void begun() {
    tell(
        new Command.Start(
            new Operation.Plan(
                "errand/one",
                "errand/1",
                "errand",
                "1.0.0",
                Mappers.JSON.createObjectNode(),
                List.of("first"),
                null)));
    tell(new Command.Begin("node", 7, 0));
  }

  private List<String> reasons() {
    return Explanation.of(operation).stream().map(Explanation::kind).toList();
  }

  @Test
  void waitingForAPermitIsNoFailureAndSaysSo() {
    begun();
    tell(
        new Command.ReportNotNow(
            1, Duration.ZERO, Problem.unavailable(Operation.PERMIT, "none free"), false, ONCE, 0));
    assertThat(reasons()).containsExactly("permit");
    assertThat(((Running) operation).step().failures()).isZero();
    assertThat(OperationEntity.TYPE.summary(operation).path("state").asText()).isEqualTo("waiting");
  }

  @Test
  void anotherProblemIsAFailureThatThePolicyCounts() {
    begun();
    List<Event> events =
        tell(
            new Command.ReportNotNow(
                1, Duration.ZERO, Problem.unavailable("store-away", "away"), false, ONCE, 0));
    assertThat(events.getFirst()).isInstanceOf(Event.StepFailed.class);
  }

  @Test
  void aMissingDefinitionIsWaitedForUntilANodeBegins() {
    begun();
    assertThat(tell(new Command.AwaitDefinition(7))).as("its attempt is under way").isEmpty();
    assertThat(tell(new Command.AwaitDefinition(8))).hasSize(1);
    assertThat(tell(new Command.AwaitDefinition(8))).as("once").isEmpty();
    assertThat(reasons()).containsExactly("definition");
    assertThat(OperationEntity.TYPE.summary(operation).path("state").asText())
        .isEqualTo("stranded");
    assertThat(tell(new Command.Begin("node", 9, 0)))
        .singleElement()
        .isInstanceOf(Event.AttemptStarted.class);
  }

  @Test
  void aStallIsSaidOnceAndGoesWithTheNextEvent() {
    begun();
    Problem proof = Problem.unavailable("stalled", "nothing wakes it");
    assertThat(tell(new Command.Stall(proof))).hasSize(1);
    assertThat(tell(new Command.Stall(proof))).isEmpty();
    assertThat(reasons()).containsExactly("stalled", "attempt");
    assertThat(((Running) operation).waiting()).isInstanceOf(Wait.Attempt.class);
    tell(new Command.Progress(1, 1, 2, null));
    assertThat(reasons()).containsExactly("attempt");
    assertThat(OperationEntity.TYPE.summary(operation).has("stalled")).isFalse();
  }
}
