package io.copyhold.chaos.checker;

import static io.copyhold.chaos.checker.Sample.ACME;
import static io.copyhold.chaos.checker.Sample.ONBOARDING;
import static io.copyhold.chaos.checker.Sample.PROVISIONED;
import static io.copyhold.chaos.checker.Sample.entry;
import static io.copyhold.chaos.checker.Sample.roll;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Operation;
import io.copyhold.runtime.operation.Operation.Event;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReasonsTest {
  private static final EntityRef OPERATION = ACME.operation("provision/1");
  private static final Event STARTED =
      new Event.Started(
          new Operation.Plan(
              "tenant/acme",
              "provision/1",
              "tenant-provision",
              "1",
              Mappers.JSON.createObjectNode(),
              List.of("one"),
              null),
          Instant.EPOCH);

  @Test
  void anOperationThatRunsSaysWhatItWaitsFor() {
    assertThat(
            Reasons.check(roll(entry(ACME, 1, ONBOARDING), entry(OPERATION, 1, STARTED)))
                .violations())
        .isEmpty();
  }

  @Test
  void anOperationThatNobodyBeganIsLost() {
    assertThat(Reasons.check(roll(ACME, ONBOARDING)).violations())
        .singleElement()
        .satisfies(violation -> assertThat(violation.what()).contains("was never begun"));
  }

  @Test
  void anOperationWhoseEndItsOwnerNeverHeardOfIsLost() {
    assertThat(
            Reasons.check(
                    roll(
                        entry(ACME, 1, ONBOARDING),
                        entry(OPERATION, 1, STARTED),
                        entry(
                            OPERATION,
                            2,
                            new Event.AttemptStarted(1, 1, "node-1", "one", false, Instant.EPOCH)),
                        entry(OPERATION, 3, new Event.StepDone(null)),
                        entry(OPERATION, 4, new Event.Ended(new Outcome.Done(Map.of())))))
                .violations())
        .singleElement()
        .satisfies(violation -> assertThat(violation.what()).contains("never heard of the end"));
  }

  @Test
  void whatStillRunsHasNotSettled() {
    assertThat(Settled.check(roll(ACME, ONBOARDING)).violations()).hasSize(1);
    assertThat(Settled.check(roll(ACME, ONBOARDING, PROVISIONED)).violations()).isEmpty();
  }
}
