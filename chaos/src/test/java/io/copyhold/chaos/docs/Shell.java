package io.copyhold.chaos.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.chaos.docs.Page.Shown;
import io.copyhold.http.cli.Main;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import picocli.CommandLine;

/**
 * Runs the commands of a page against one data directory, and looks for every line that the page
 * shows.
 *
 * @param page its file in docs/
 * @param words what stands in for a word of a command
 */
record Shell(String page, Path data, UnaryOperator<String> words) {
  /** Lists are a moment behind, and a store is checked after it was registered. */
  private static final Duration LAG_LIMIT = Duration.ofMinutes(2);

  private record Ran(int status, String output) {}

  /** A command that only reads is asked until it shows what it should. */
  void command(Shown shown) {
    boolean reads = shown.command().matches("\\./copyhold (\\w+ (list|explain|preview)|status).*");
    Instant end = Instant.now().plus(LAG_LIMIT);
    Ran ran = run(shown.command());
    while (reads
        && !(ran.status() == shown.status() && shown.missing(ran.output()).isEmpty())
        && Instant.now().isBefore(end)) {
      ran = run(shown.command());
    }
    assertThat(ran.status())
        .as("docs/%s:%d %s%n%s", page, shown.line(), shown.command(), ran.output())
        .isEqualTo(shown.status());
    assertThat(shown.missing(ran.output()))
        .as("what docs/%s:%d shows of%n%s", page, shown.line(), ran.output())
        .isEmpty();
  }

  /**
   * Here and not in a JVM of its own, which would cost a second each time; {@code up} starts one.
   */
  private Ran run(String command) {
    List<String> parts = new ArrayList<>(List.of(command.split(" ")));
    assertThat(parts.removeFirst()).isEqualTo("./copyhold");
    parts.replaceAll(word ->
        word.startsWith("chaos/") ? Page.root().resolve(word).toString() : words.apply(word));
    parts.addAll(List.of("--data", data.toString()));
    if (parts.getFirst().equals("up")) {
      parts.addAll(List.of("--http-port=0", "--remoting-port=0", "--postgres-port=0"));
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
      int status = line.execute(parts.toArray(String[]::new));
      out.flush();
      return new Ran(status, bytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(systemOut);
      System.setErr(systemErr);
    }
  }
}
