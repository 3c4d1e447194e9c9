package io.copyhold.chaos.checker;

import static io.copyhold.chaos.checker.Sample.ACME;
import static io.copyhold.chaos.checker.Sample.ONBOARDING;
import static io.copyhold.chaos.checker.Sample.PROVISIONED;
import static io.copyhold.chaos.checker.Sample.roll;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class RowsTest {
  private static final Roll PROVISIONING = roll(ACME, ONBOARDING);
  private static final Roll LIVE = roll(ACME, ONBOARDING, PROVISIONED);

  private static Verdict saw(Roll before, Set<String> agenda, Roll after) {
    Rows rows = new Rows();
    rows.saw(before, agenda, after);
    return rows.verdict();
  }

  @Test
  void whoeverWantsAnOperationHasARow() {
    assertThat(saw(PROVISIONING, Set.of("tenant/acme operations"), PROVISIONING))
        .isEqualTo(new Verdict("agenda", 1, "wishes", java.util.List.of()));
  }

  @Test
  void aMissingRowIsSeen() {
    assertThat(saw(PROVISIONING, Set.of("tenant/birch operations"), PROVISIONING).violations())
        .hasSize(1);
  }

  @Test
  void whoMovesOnMeanwhileIsNotJudged() {
    assertThat(saw(PROVISIONING, Set.of(), LIVE).violations()).isEmpty();
  }

  @Test
  void whoeverWantsNothingNeedsNone() {
    assertThat(saw(LIVE, Set.of(), LIVE))
        .isEqualTo(new Verdict("agenda", 0, "wishes", java.util.List.of()));
  }
}
