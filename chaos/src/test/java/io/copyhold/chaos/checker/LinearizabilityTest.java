package io.copyhold.chaos.checker;

import static io.copyhold.chaos.checker.Sample.read;
import static io.copyhold.chaos.checker.Sample.swap;
import static io.copyhold.chaos.checker.Sample.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.chaos.checker.Linearizability.Result;
import io.copyhold.chaos.checker.Violation.Kind;
import io.copyhold.chaos.workload.Call;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LinearizabilityTest {
  private static final long NEVER = Long.MAX_VALUE;

  private static Result search(Call... calls) {
    return Linearizability.search(List.of(calls), 100, 100_000);
  }

  @Test
  void aReadAfterAWriteSeesIt() {
    assertThat(search(write(1, "a", 0, 10), read(2, "a", 11, 20))).isEqualTo(Result.YES);
    assertThat(search(write(1, "a", 0, 10), read(2, "", 11, 20))).isEqualTo(Result.NO);
  }

  @Test
  void aReadDuringAWriteMaySeeEither() {
    assertThat(search(write(1, "a", 0, 10), read(2, "a", 5, 20))).isEqualTo(Result.YES);
    assertThat(search(write(1, "a", 0, 10), read(2, "", 5, 20))).isEqualTo(Result.YES);
  }

  @Test
  void twoReadersAgreeOnTheOrder() {
    assertThat(search(write(1, "a", 0, 100), read(2, "a", 10, 20), read(3, "", 30, 40)))
        .isEqualTo(Result.NO);
  }

  @Test
  void anUnknownWriteMayHaveHappenedOrNot() {
    assertThat(search(write(1, "a", 0, NEVER), read(2, "", 20, 30))).isEqualTo(Result.YES);
    assertThat(search(write(1, "a", 0, NEVER), read(2, "a", 20, 30))).isEqualTo(Result.YES);
    assertThat(search(write(1, "a", 0, NEVER), read(2, "", 20, 30), read(3, "a", 40, 50)))
        .isEqualTo(Result.YES);
    assertThat(search(write(1, "a", 0, NEVER), read(2, "a", 20, 30), read(3, "", 40, 50)))
        .isEqualTo(Result.NO);
  }

  @Test
  void oneOfTwoSwapsOfOneValueLoses() {
    assertThat(search(swap(1, "cas", "", "a", 0, 10), swap(2, "cas", "", "b", 0, 10)))
        .isEqualTo(Result.NO);
    assertThat(search(swap(1, "cas", "", "a", 0, 10), swap(2, "cas", "a", "b", 0, 10)))
        .isEqualTo(Result.YES);
  }

  @Test
  void aLostAppendIsSeen() {
    assertThat(
            search(
                swap(1, "append", "", "1", 0, 10),
                swap(2, "append", "1", "1 2", 11, 20),
                read(3, "1 2", 21, 30),
                swap(4, "append", "1", "1 3", 31, 40)))
        .isEqualTo(Result.NO);
  }

  @Test
  void whatTakesTooLongIsSaidToTakeTooLong() {
    List<Call> calls = new ArrayList<>();
    for (int i = 1; i <= 20; i++) {
      calls.add(write(i, "v" + i, 0, 1_000));
    }
    calls.add(read(21, "nobody wrote this", 2_000, 3_000));
    assertThat(Linearizability.search(calls, 100, 1_000)).isEqualTo(Result.TOO_LONG);
    assertThat(Linearizability.search(calls, 20, 1_000_000)).isEqualTo(Result.TOO_LONG);
  }

  @Test
  void tooLongDoesNotCountAsRight() {
    List<Call> calls = new ArrayList<>();
    for (int i = 1; i <= Linearizability.CALLS_MAX + 1; i++) {
      calls.add(write(i, "v" + i, 10 * i, 10 * i + 5));
    }
    assertThat(Linearizability.check(calls).violations())
        .singleElement()
        .satisfies(violation -> assertThat(violation.kind()).isEqualTo(Kind.UNDECIDED));
  }

  /**
   * A register that works, used by several clients at once; then one of its reads is made stale.
   */
  @Test
  void ofAHundredHistoriesEachIsAcceptedAndRefusedOnceOneReadIsStale() {
    int planted = 0;
    for (int seed = 0; seed < 100; seed++) {
      List<Call> history = worked(seed);
      assertThat(Linearizability.search(history, 500, 2_000_000))
          .as("seed %d", seed)
          .isEqualTo(Result.YES);
      List<Call> stale = withStaleRead(history);
      if (!stale.isEmpty()) {
        planted++;
        assertThat(Linearizability.search(stale, 500, 2_000_000))
            .as("seed %d", seed)
            .isEqualTo(Result.NO);
      }
    }
    assertThat(planted).isGreaterThan(50);
  }

  /** Each call takes effect at a moment between being asked and being answered. */
  private static List<Call> worked(int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Call> calls = new ArrayList<>();
    String value = "";
    for (int i = 1; i <= 120; i++) {
      long effect = 100L * i;
      long invoked = effect - 1 - random.nextInt(400);
      long ended = effect + 1 + random.nextInt(400);
      switch (random.nextInt(3)) {
        case 0 -> calls.add(read(i, value, invoked, ended));
        case 1 -> {
          value = "v" + i;
          calls.add(write(i, value, invoked, random.nextInt(20) == 0 ? NEVER : ended));
        }
        default -> {
          String before = value;
          value = "v" + i;
          calls.add(swap(i, "cas", before, value, invoked, ended));
        }
      }
    }
    return calls;
  }

  /** The last read finds nothing, though much was written before it began. */
  private static List<Call> withStaleRead(List<Call> history) {
    for (int i = history.size() - 1; i > 20; i--) {
      Call call = history.get(i);
      if (call.read()) {
        List<Call> planted = new ArrayList<>(history);
        planted.set(i, read(call.id(), "", call.invoked(), call.ended()));
        return planted;
      }
    }
    return List.of();
  }
}
