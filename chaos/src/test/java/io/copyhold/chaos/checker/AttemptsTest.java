package io.copyhold.chaos.checker;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.chaos.checker.Violation.Kind;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Operation;
import io.copyhold.runtime.operation.Operation.Event;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class AttemptsTest {
  private static final EntityRef OPERATION = Sample.ACME.operation("provision/1");
  private static final Event STARTED =
      new Event.Started(
          new Operation.Plan(
              "tenant/acme",
              "provision/1",
              "tenant-provision",
              "1",
              Mappers.JSON.createObjectNode(),
              List.of("one", "two"),
              null),
          Instant.EPOCH);

  private static Event attempt(long attempt, long term, String step) {
    return new Event.AttemptStarted(attempt, term, "node-1", step, false, Instant.EPOCH);
  }

  private static List<Kind> kinds(Event... events) {
    return Attempts.check(Sample.roll(OPERATION, (Object[]) events)).violations().stream()
        .map(Violation::kind)
        .toList();
  }

  @Test
  void anAttemptThatWasLostIsFollowedByTheNext() {
    assertThat(
            kinds(
                STARTED,
                attempt(1, 7, "one"),
                attempt(2, 8, "one"),
                new Event.StepDone(null),
                attempt(3, 8, "two"),
                new Event.StepDone(null)))
        .isEmpty();
  }

  @Test
  void aTermThatFallsIsSeen() {
    assertThat(kinds(STARTED, attempt(1, 8, "one"), attempt(2, 7, "one")))
        .containsExactly(Kind.WRONG);
  }

  @Test
  void anAttemptThatIsLeftOutIsSeen() {
    assertThat(kinds(STARTED, attempt(1, 7, "one"), attempt(3, 8, "one")))
        .containsExactly(Kind.WRONG);
  }

  @Test
  void aStepThatIsDoneTwiceIsSeen() {
    assertThat(
            kinds(
                STARTED,
                attempt(1, 7, "one"),
                new Event.StepDone(null),
                attempt(2, 7, "one"),
                new Event.StepDone(null)))
        .containsExactly(Kind.DOUBLED);
  }

  @Test
  void anAttemptThatCompletesTwiceIsSeen() {
    assertThat(
            kinds(
                STARTED, attempt(1, 7, "one"), new Event.StepDone(null), new Event.StepDone(null)))
        .contains(Kind.DOUBLED);
  }
}
