package io.copyhold.chaos.checker;

import static io.copyhold.chaos.checker.Sample.ACME;
import static io.copyhold.chaos.checker.Sample.ONBOARDING;
import static io.copyhold.chaos.checker.Sample.PROVISIONED;
import static io.copyhold.chaos.checker.Sample.change;
import static io.copyhold.chaos.checker.Sample.configured;
import static io.copyhold.chaos.checker.Sample.entry;
import static io.copyhold.chaos.checker.Sample.roll;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.checker.Violation.Kind;
import io.copyhold.chaos.workload.Call;
import io.copyhold.runtime.journal.Feed;
import io.copyhold.runtime.journal.Mappers;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class AcknowledgedTest {
  private static final Feed.Entry FIRST = entry(ACME, 1, ONBOARDING, "k1");
  private static final Feed.Entry SECOND = entry(ACME, 2, PROVISIONED);
  private static final Feed.Entry THIRD = entry(ACME, 3, configured("a"), "k2");
  private static final Roll GOOD = roll(FIRST, SECOND, THIRD);
  private static final Call ONBOARD = change(1, "k1", GOOD, 1, "onboarding-started");
  private static final Call CONFIGURE = change(2, "k2", GOOD, 3, "configured");

  @Test
  void whatStandsAsItWasAnsweredIsAccepted() {
    assertThat(Acknowledged.check(List.of(ONBOARD, CONFIGURE), GOOD))
        .isEqualTo(new Verdict("journal", 2, "calls", List.of()));
  }

  @Test
  void theSameEntryReadTwiceIsOne() {
    assertThat(kinds(List.of(ONBOARD, CONFIGURE), roll(FIRST, SECOND, THIRD, THIRD))).isEmpty();
  }

  @Test
  void anAcknowledgedEventAtTheEndThatIsGoneIsLost() {
    assertThat(kinds(List.of(ONBOARD, CONFIGURE), roll(FIRST, SECOND))).containsExactly(Kind.LOST);
  }

  @Test
  void anAcknowledgedEventThatAnotherStandsInForIsLost() {
    Roll replaced = roll(FIRST, SECOND, entry(ACME, 3, configured("a"), "another"));
    assertThat(kinds(List.of(ONBOARD, CONFIGURE), replaced)).containsExactly(Kind.LOST);
  }

  @Test
  void aGapIsSeen() {
    assertThat(kinds(List.of(ONBOARD), roll(FIRST, THIRD))).containsExactly(Kind.WRONG);
  }

  @Test
  void oneVersionWithTwoContentsIsSeen() {
    Roll torn = roll(FIRST, SECOND, THIRD, entry(ACME, 3, configured("b"), "k2"));
    assertThat(kinds(List.of(ONBOARD, CONFIGURE), torn)).containsExactly(Kind.WRONG);
  }

  @Test
  void anEventThatDoesNotFollowIsSeen() {
    assertThat(kinds(List.of(), roll(entry(ACME, 1, PROVISIONED)))).containsExactly(Kind.WRONG);
  }

  @Test
  void aCommandThatWasAppliedTwiceIsDoubled() {
    Roll doubled = roll(FIRST, SECOND, THIRD, entry(ACME, 4, configured("a"), "k2"));
    assertThat(kinds(List.of(ONBOARD, CONFIGURE), doubled)).contains(Kind.DOUBLED);
  }

  @Test
  void whatWasRefusedMustNotStandThere() {
    assertThat(kinds(List.of(ONBOARD, Sample.refused(CONFIGURE)), GOOD))
        .containsExactly(Kind.WRONG);
  }

  @Test
  void anotherVersionThanAnsweredIsSeen() {
    Call wrong = change(2, "k2", GOOD, 2, "configured");
    assertThat(kinds(List.of(ONBOARD, wrong), GOOD)).contains(Kind.WRONG);
  }

  @Test
  void anotherSummaryThanTheModelsIsSeen() {
    ObjectNode answer = CONFIGURE.answer().deepCopy();
    answer.withObject("/summary").put("state", "suspended");
    Call wrong = Sample.call(2, "c", "configure", "k2", answer, 20, 25, answer);
    assertThat(kinds(List.of(ONBOARD, wrong), GOOD)).containsExactly(Kind.WRONG);
  }

  @Test
  void aReadOfAnotherStateThanTheModelsIsSeen() {
    ObjectNode answer = Mappers.JSON.createObjectNode().put("version", 2);
    answer.set("state", Objects.requireNonNull(GOOD.line(ACME)).view(2));
    assertThat(kinds(List.of(Sample.call(3, "c", "read", null, answer, 30, 35, answer)), GOOD))
        .isEmpty();
    answer.put("version", 3);
    assertThat(kinds(List.of(Sample.call(3, "c", "read", null, answer, 30, 35, answer)), GOOD))
        .containsExactly(Kind.WRONG);
  }

  private static List<Kind> kinds(List<Call> calls, Roll roll) {
    return Acknowledged.check(calls, roll).violations().stream().map(Violation::kind).toList();
  }
}
