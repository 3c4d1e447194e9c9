package io.copyhold.chaos.checker;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.chaos.checker.Violation.Kind;
import io.copyhold.chaos.workload.Call;
import io.copyhold.runtime.journal.Mappers;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PaymentsTest {
  private static Call pay(long id, boolean acknowledged) {
    return Sample.call(
        id,
        "c",
        "pay",
        "k" + id,
        Mappers.JSON.createObjectNode().put("id", id),
        10,
        acknowledged ? 20 : Long.MAX_VALUE,
        Mappers.JSON.nullNode());
  }

  private static List<Kind> kinds(List<Call> calls, Long... there) {
    return Payments.check(calls, Map.of("tenant/acme", List.of(there))).violations().stream()
        .map(Violation::kind)
        .toList();
  }

  @Test
  void whatWasCommittedIsThereAndWhatIsUnknownMayBe() {
    assertThat(kinds(List.of(pay(1, true), pay(2, false)), 1L)).isEmpty();
    assertThat(kinds(List.of(pay(1, true), pay(2, false)), 1L, 2L)).isEmpty();
  }

  @Test
  void aCommittedPaymentThatIsGoneIsLost() {
    assertThat(kinds(List.of(pay(1, true), pay(2, true)), 1L)).containsExactly(Kind.LOST);
  }

  @Test
  void aPaymentThatIsThereTwiceIsDoubled() {
    assertThat(kinds(List.of(pay(1, true)), 1L, 1L)).containsExactly(Kind.DOUBLED);
  }

  @Test
  void aPaymentThatNobodyMadeIsSeen() {
    assertThat(kinds(List.of(pay(1, true)), 1L, 9L)).containsExactly(Kind.WRONG);
  }
}
