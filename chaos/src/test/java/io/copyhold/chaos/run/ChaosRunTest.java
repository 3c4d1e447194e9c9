package io.copyhold.chaos.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Isolated;
import picocli.CommandLine;

/**
 * On real processes; {@code -Dchaos.seconds=…}, {@code -Dchaos.seed=…}, {@code -Dchaos.nodes=…}.
 */
@Isolated("takes standard output for itself")
class ChaosRunTest {
  private static final int SECONDS = Integer.getInteger("chaos.seconds", 180);
  private static final int NODES = Integer.getInteger("chaos.nodes", 3);
  private static final long SEED = Long.getLong("chaos.seed", 7);

  @Test
  @Timeout(7_200)
  void nothingIsLostOrDoneTwiceWhateverIsKilledPausedOrCutOff() {
    String out = run("run", "--seconds", "" + SECONDS, "--seed", "" + SEED, "--nodes", "" + NODES);

    assertThat(out)
        .as("no checker that looked at nothing")
        .containsPattern("  journal +[1-9]")
        .containsPattern("  linearizability +[1-9]")
        .containsPattern("  effects +[1-9]")
        .containsPattern("  capacity +[1-9]")
        .containsPattern("  payments +[1-9]")
        .containsPattern(
            "RESULT chaos seconds=[0-9]+ kills=[0-9]+ pauses=[0-9]+ acknowledged=[1-9][0-9]*"
                + " lost=0 doubled=0 violations=0 ");
  }

  @Test
  void nonsenseIsRefused() {
    assertThat(new CommandLine(new ChaosCommand()).execute("run", "--seconds", "1")).isEqualTo(2);
    assertThat(new CommandLine(new ChaosCommand()).execute("run", "--nodes", "0")).isEqualTo(2);
  }

  private static String run(String... arguments) {
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int status;
    try {
      System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
      status = new CommandLine(new ChaosCommand()).execute(arguments);
    } finally {
      System.setOut(before);
    }
    String printed = out.toString(StandardCharsets.UTF_8);
    assertThat(status).as(printed).isZero();
    return printed;
  }
}
