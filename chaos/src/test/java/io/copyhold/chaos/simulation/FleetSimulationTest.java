package io.copyhold.chaos.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.chaos.simulation.Simulation.Options;
import io.copyhold.chaos.simulation.Simulation.Result;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A fleet on three simulated nodes with faults drawn per seed. {@code -Dcopyhold.simulation.seeds}
 * says how many seeds; {@code ./copyhold simulate} runs more.
 */
final class FleetSimulationTest {
  /** A defect that this many seeds do not show is one that no invariant notices. */
  private static final long SEEDS_TO_NOTICE = 40;

  private static final long SEEDS = Long.getLong("copyhold.simulation.seeds", 50);

  @Test
  void everyInvariantHoldsInSpiteOfFaults() {
    Coverage coverage = new Coverage();
    for (long seed = 1; seed <= SEEDS; seed++) {
      Result result = Simulation.run(seed, Options.DEFAULT);
      coverage.add(result.coverage());
      assertThat(result.invariant())
          .as("%s%n%s%n%s", result.what(), String.join("\n", result.lines()), result.again())
          .isNull();
    }
    assertThat(coverage.events()).isGreaterThan(SEEDS * 100);
    assertThat(coverage.staleWrites()).as("writes of replaced owners").isPositive();
  }

  @Test
  void theSameSeedGivesTheSameTrace() {
    Result first = Simulation.run(7, Options.DEFAULT);
    Result second = Simulation.run(7, Options.DEFAULT);
    assertThat(second.trace()).isEqualTo(first.trace());
    assertThat(second.lines()).isEqualTo(first.lines());
    assertThat(second.steps()).isEqualTo(first.steps());
    assertThat(Simulation.run(8, Options.DEFAULT).trace()).isNotEqualTo(first.trace());
  }

  @Test
  void withoutFaultsTheStoryEndsWell() {
    Options calm =
        new Options(
            Options.STEPS, 3, EnumSet.noneOf(Fault.class), Set.of(), Options.DEFAULT.lines());
    for (long seed = 1; seed <= 3; seed++) {
      Result result = Simulation.run(seed, calm);
      assertThat(result.invariant()).as("%s", result.what()).isNull();
      assertThat(result.coverage().staleWrites()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(Defect.class)
  void aDefectIsNoticedByItsInvariant(Defect defect) {
    Set<Fault> faults =
        switch (defect) {
          case APPEND_UNDER_AN_OLD_TERM, STORE_IGNORES_FENCES ->
              EnumSet.of(Fault.PAUSE, Fault.CUT, Fault.SLOW_STEPS);
          case STORE_FORGETS_KEYS -> EnumSet.of(Fault.STORE_FAILS, Fault.CRASH);
          default -> EnumSet.noneOf(Fault.class);
        };
    Options broken = new Options(Options.STEPS, 3, faults, Set.of(defect), Options.DEFAULT.lines());
    for (long seed = 1; seed <= SEEDS_TO_NOTICE; seed++) {
      Result result = Simulation.run(seed, broken);
      if (defect.trips().equals(result.invariant())) {
        Result again = Simulation.run(seed, broken);
        assertThat(again.what()).isEqualTo(result.what());
        assertThat(again.trace()).isEqualTo(result.trace());
        assertThat(again.again()).contains("--defect " + defect.word());
        return;
      }
    }
    throw new AssertionError(
        defect.trips() + " did not notice " + defect + " in " + SEEDS_TO_NOTICE + " seeds");
  }
}
