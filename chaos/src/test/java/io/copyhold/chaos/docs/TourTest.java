package io.copyhold.chaos.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.chaos.docs.Page.Shown;
import io.copyhold.config.node.RunningSupervisor;
import io.copyhold.config.node.SupervisorState;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Runs docs/tour.md command by command, on real processes, and looks for every line that it shows.
 */
class TourTest {
  private static final Duration STOP_LIMIT = Duration.ofMinutes(2);

  private final Path data = PostgresFixture.newDirectory().resolve("data");
  private String before = "";
  private final Shell shell = new Shell("tour.md", data, word -> word.replace("$BEFORE", before));

  @AfterEach
  void down() throws Exception {
    RunningSupervisor.stop(data, STOP_LIMIT);
  }

  @Test
  @Timeout(1_200)
  void everyCommandDoesWhatThePageShows() throws Exception {
    List<Shown> commands = Page.commands("tour.md");
    assertThat(commands).hasSizeGreaterThan(15);
    for (Shown shown : commands) {
      follow(shown);
    }
    assertThat(SupervisorState.read(data)).isEmpty();
  }

  private void follow(Shown shown) throws Exception {
    if (shown.command().startsWith("BEFORE=")) {
      // whole seconds, as date prints them: one that has begun after the last change
      before = Instant.now().truncatedTo(ChronoUnit.SECONDS).plusSeconds(1).toString();
      while (Instant.now().isBefore(Instant.parse(before))) {
        Thread.onSpinWait();
      }
    } else if (shown.command().startsWith("kill -9 ")) {
      kill();
    } else {
      shell.command(shown);
    }
  }

  private void kill() throws Exception {
    var node = SupervisorState.read(data).orElseThrow().child("node-1").orElseThrow();
    ProcessHandle process = ProcessHandle.of(node.pid()).orElseThrow();
    assertThat(process.destroyForcibly()).isTrue();
    process.onExit().join();
  }
}
