package io.copyhold.chaos.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.chaos.docs.Page.Shown;
import io.copyhold.config.node.RunningSupervisor;
import io.copyhold.config.node.SupervisorState;
import io.copyhold.http.cli.Main;
import io.copyhold.runtime.postgres.PostgresFixture;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/**
 * Runs docs/tour.md command by command, on real processes, and looks for every line that it shows.
 */
class TourTest {
  /** Lists are a moment behind, and a store is checked after it was registered. */
  private static final Duration LAG_LIMIT = Duration.ofMinutes(2);

  private static final Duration STOP_LIMIT = Duration.ofMinutes(2);

  private final Path data = PostgresFixture.newDirectory().resolve("data");
  private String before = "";

  private record Ran(int status, String output) {}

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
      command(shown);
    }
  }

  private void command(Shown shown) throws Exception {
    boolean reads = shown.command().matches("\\./copyhold (\\w+ (list|explain)|status).*");
    Instant end = Instant.now().plus(LAG_LIMIT);
    Ran ran = run(shown.command());
    while (reads
        && !(ran.status() == shown.status() && shown.missing(ran.output()).isEmpty())
        && Instant.now().isBefore(end)) {
      ran = run(shown.command());
    }
    assertThat(ran.status())
        .as("docs/tour.md:%d %s%n%s", shown.line(), shown.command(), ran.output())
        .isEqualTo(shown.status());
    assertThat(shown.missing(ran.output()))
        .as("what docs/tour.md:%d shows of%n%s", shown.line(), ran.output())
        .isEmpty();
  }

  private void kill() throws Exception {
    var node = SupervisorState.read(data).orElseThrow().child("node-1").orElseThrow();
    ProcessHandle process = ProcessHandle.of(node.pid()).orElseThrow();
    assertThat(process.destroyForcibly()).isTrue();
    process.onExit().join();
  }

  /**
   * Here and not in a JVM of its own, which would cost a second each time; {@code up} starts one.
   */
  private Ran run(String command) {
    List<String> words = new ArrayList<>(List.of(command.split(" ")));
    assertThat(words.removeFirst()).isEqualTo("./copyhold");
    words.replaceAll(word ->
        word.startsWith("chaos/")
            ? Page.root().resolve(word).toString()
            : word.replace("$BEFORE", before));
    words.addAll(List.of("--data", data.toString()));
    if (words.getFirst().equals("up")) {
      words.addAll(List.of("--http-port=0", "--remoting-port=0", "--postgres-port=0"));
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    PrintStream systemOut = System.out;
    PrintStream systemErr = System.err;
    System.setOut(out);
    System.setErr(out);
    try {
      CommandLine line = Main.commandLine();
      line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
      line.setErr(new PrintWriter(out, true, StandardCharsets.UTF_8));
      int status = line.execute(words.toArray(String[]::new));
      out.flush();
      return new Ran(status, bytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(systemOut);
      System.setErr(systemErr);
    }
  }
}
