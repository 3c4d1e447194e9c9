package io.copyhold.chaos.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.chaos.installation.Workplace;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.config.node.ChildState;
import io.copyhold.config.node.SupervisorState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** On real processes: three database servers, and a node that is killed with kill -9. */
class DemoStoryTest {
  private static final int TENANTS = 6;

  /** Two databases, two schemas, and a pool in each store. */
  private static final int HOMES = 6;

  @Test
  @Timeout(1_200)
  void everyHomeGetsThereAndNothingIsLostThoughTheNodeIsKilled() throws Exception {
    Workplace workplace = Workplace.make("demo", null, false);
    List<String> told = new ArrayList<>();
    DemoPlan plan = new DemoPlan(TENANTS, new Invoicing.Size(8, 5, 20), 1);
    DemoResult result;
    List<ProcessHandle> processes = new ArrayList<>();
    try (DemoStory story = new DemoStory(workplace.directory(), plan, recorded(told))) {
      result = story.tell();
      for (ChildState child :
          SupervisorState.read(workplace.directory()).orElseThrow().children()) {
        processes.add(ProcessHandle.of(child.pid()).orElseThrow());
      }
    }

    assertThat(result.onboarded().tenants()).isEqualTo(TENANTS);
    assertThat(result.loaded().totals().invoices()).isEqualTo(TENANTS * 20L);
    assertThat(result.rolled().homes()).isEqualTo(HOMES);
    assertThat(result.rolled().beforeKill()).isLessThan(HOMES);
    assertThat(result.outage().silent()).isGreaterThan(result.outage().longestOtherwise());
    assertThat(result.outage().restarted()).isGreaterThan(Duration.ZERO);

    DemoResult.Proof proof = result.proof();
    assertThat(proof.wrong()).isEmpty();
    assertThat(proof.homesAtTarget()).isEqualTo(HOMES);
    assertThat(proof.scripts()).isEqualTo(2 * HOMES);
    assertThat(proof.shapes()).isEqualTo(1);
    assertThat(proof.tenantsAsExpected()).isEqualTo(TENANTS);
    assertThat(proof.attempts()).isGreaterThanOrEqualTo(2 * HOMES);
    assertThat(proof.attemptsLost()).isLessThan(proof.attempts());
    assertThat(proof.intrusions()).isPositive().isEqualTo(proof.intrusionsRefused());
    assertThat(proof.settingsAcknowledged()).isPositive();
    assertThat(proof.settingsLost() + proof.settingsDoubled()).isZero();
    assertThat(proof.paymentsAcknowledged()).isPositive();
    assertThat(proof.paymentsLost()).isZero();
    assertThat(ClosingTable.lines(result)).hasSize(12);
    assertThat(told).anyMatch(line -> line.contains("kill -9"));

    assertThat(processes).hasSize(4).noneMatch(ProcessHandle::isAlive);
    workplace.remove();
    assertThat(workplace.directory()).doesNotExist();
  }

  @Test
  void anEndedStoryStartsNothing() throws Exception {
    Workplace workplace = Workplace.make("demo", null, false);
    DemoStory story =
        new DemoStory(
            workplace.directory(),
            new DemoPlan(TENANTS, Invoicing.Size.SMALL, 1),
            recorded(new ArrayList<>()));
    story.close();
    assertThatThrownBy(story::tell).hasMessageContaining("interrupted");
    workplace.remove();
    assertThat(workplace.directory()).doesNotExist();
  }

  private static Voice recorded(List<String> told) {
    return new Voice() {
      @Override
      public void chapter(String title) {
        told.add(title);
      }

      @Override
      public void say(String line) {
        told.add(line);
      }

      @Override
      public void progress(String line) {}
    };
  }
}
