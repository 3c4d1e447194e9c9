package io.copyhold.failover.backup;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.failover.backup.ControlBackup.Command;
import io.copyhold.failover.backup.ControlBackup.Event;
import io.copyhold.failover.backup.ControlBackup.Task;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.EntityScenario;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ControlBackupTest {
  private final EntityScenario<ControlBackup, Command, Event> scenario =
      EntityScenario.of(ControlBackup.TYPE);

  private static Taken taken(String id) {
    return new Taken(id, Instant.EPOCH, 10, 1_000, 900, "1/1", "0/1", "0/2", List.of(), 0);
  }

  @Test
  void aScheduleWantsAnAlarmForEach() {
    scenario.after(new Command.Schedule(Duration.ofDays(1), Duration.ofDays(7)));
    assertThat(ControlBackup.TYPE.alarms(scenario.state()))
        .extracting(alarm -> alarm.name())
        .containsExactly("backup", "drill");
    scenario.when(new Command.Schedule(Duration.ofDays(1), Duration.ofDays(7))).thenNothing();
    scenario.after(new Command.Schedule(Duration.ZERO, Duration.ZERO));
    assertThat(ControlBackup.TYPE.alarms(scenario.state())).isEmpty();
  }

  @Test
  void oneRunsAtATime() {
    scenario.after(new Command.Begin(Task.BACKUP));
    assertThat(scenario.operation("backup/1")).isNotNull();
    scenario.when(new Command.Begin(Task.BACKUP)).thenNothing();
    scenario.after(new Command.RecordTaken(1, taken("a")));
    scenario.after(new Command.Begin(Task.DRILL));
    assertThat(scenario.operation("drill/2")).isNotNull();
    scenario.when(new Command.RecordTaken(1, taken("late"))).thenNothing();
  }

  @Test
  void aDrillThatFailsShowsUntilOneGoesWell() {
    scenario.after(new Command.Begin(Task.DRILL));
    scenario.after(new Command.RecordFailed(1, Problem.conflict("drill-failed", "a gap")));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("failed");
    scenario.after(new Command.Begin(Task.BACKUP));
    scenario.after(new Command.RecordTaken(2, taken("b")));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("failed");
    scenario.after(new Command.Begin(Task.DRILL));
    scenario.after(new Command.RecordDrilled(3, new Drilled("b", Instant.EPOCH, 1, 2, 3, 4)));
    assertThat(scenario.summary().path("state").asText()).isEqualTo("idle");
  }

  @Test
  void onlyTheLastBackupsAreRemembered() {
    for (int i = 1; i <= ControlBackup.RECENT_MAX + 3; i++) {
      scenario.after(new Command.Begin(Task.BACKUP));
      scenario.after(new Command.RecordTaken(i, taken("n" + i)));
    }
    assertThat(scenario.state().recent()).hasSize(ControlBackup.RECENT_MAX);
    assertThat(scenario.state().recent().getLast().id()).isEqualTo("n13");
  }
}
