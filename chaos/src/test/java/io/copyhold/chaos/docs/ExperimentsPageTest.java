package io.copyhold.chaos.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.chaos.docs.Page.Shown;
import io.copyhold.config.node.RunningSupervisor;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs docs/experiments.md command by command, on real processes. */
class ExperimentsPageTest {
  private static final String PAGE = "experiments.md";

  private final Path data = PostgresFixture.newDirectory().resolve("data");

  @AfterEach
  void down() throws Exception {
    RunningSupervisor.stop(data, Duration.ofMinutes(2));
  }

  @Test
  @Timeout(1_200)
  void everyCommandDoesWhatThePageShows() throws Exception {
    List<Shown> commands = Page.commands(PAGE);
    assertThat(commands).hasSizeGreaterThan(10);
    Shell shell = new Shell(PAGE, data, UnaryOperator.identity());
    commands.forEach(shell::command);
  }

  @Test
  void thePlansOnThePageAreTheFiles() throws Exception {
    String page = Files.readString(Page.root().resolve("docs").resolve(PAGE));
    Path files = Page.root().resolve("chaos/src/main/resources/io/copyhold/chaos/experiment");
    for (String plan : List.of("node-dies.yaml", "store-away.yaml")) {
      assertThat(page).contains("```yaml\n" + Files.readString(files.resolve(plan)) + "```");
    }
  }
}
