package io.copyhold.chaos.nemesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final List<String> NODES = List.of("node-1", "node-2", "node-3");

  @Test
  void theSameSeedGivesTheSamePlan() {
    assertThat(new Plan(7, NODES, List.of("control")).turns(50))
        .isEqualTo(new Plan(7, NODES, List.of("control")).turns(50))
        .isNotEqualTo(new Plan(8, NODES, List.of("control")).turns(50));
  }

  @Test
  void aLongerRunBeginsAsAShorterOne() {
    Plan plan = new Plan(7, NODES, List.of());
    assertThat(plan.turns(60).subList(0, 20)).isEqualTo(plan.turns(20));
  }

  @Test
  void everyKindOfFaultComes() {
    assertThat(new Plan(1, NODES, List.of("control", "store-a")).turns(100))
        .extracting(turn -> turn.fault().getClass().getSimpleName())
        .contains("Kill", "Pause", "Cut");
  }

  @Test
  void whereNothingCanBeCutNothingIs() {
    assertThat(new Plan(1, NODES, List.of()).turns(200))
        .noneMatch(turn -> turn.fault() instanceof Fault.Cut);
  }

  @Test
  void aNodeWithoutOthersIsNotCutOffFromThem() {
    assertThat(new Plan(1, List.of("node-1"), List.of("control")).turns(200))
        .filteredOn(turn -> turn.fault() instanceof Fault.Cut)
        .isNotEmpty()
        .allMatch(turn -> turn.fault().victim().equals("control"));
  }
}
