package io.copyhold.chaos.nemesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class NemesisTest {
  private static final Duration NOW = Duration.ofMillis(1);

  private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
  private Process victim;

  private final Nemesis.Cluster cluster =
      new Nemesis.Cluster() {
        @Override
        public long pid(String name) {
          return victim.pid();
        }

        @Override
        public int port(String name) {
          throw new UnsupportedOperationException("no cuts here");
        }

        @Override
        public boolean recovered() {
          return true;
        }
      };

  @BeforeEach
  void start() throws IOException {
    victim = new ProcessBuilder("sleep", "600").start();
  }

  @AfterEach
  void end() {
    victim.destroyForcibly();
  }

  private Nemesis begin(Fault... faults) {
    return new Nemesis(
        cluster,
        java.util.Arrays.stream(faults).map(fault -> new Plan.Turn(NOW, fault)).toList(),
        told::add);
  }

  @Test
  void aKilledProcessIsGone() throws Exception {
    try (Nemesis nemesis = begin(new Fault.Kill("node-1"))) {
      assertThat(victim.waitFor(60, TimeUnit.SECONDS)).isTrue();
      nemesis.close();
      nemesis.require();
      assertThat(nemesis.done()).isEqualTo(new Nemesis.Done(1, 0, 0));
    }
    assertThat(told).containsExactly("kill node-1");
  }

  @Test
  void aPausedProcessGoesOnWhenTheNemesisEnds() throws Exception {
    try (Nemesis nemesis = begin(new Fault.Pause("node-1", Duration.ofMinutes(10)))) {
      assertThat(told.poll(60, TimeUnit.SECONDS)).startsWith("pause node-1");
      while (state() != 'T') {
        assertThat(victim.isAlive()).isTrue();
        Thread.onSpinWait();
      }
    }
    assertThat(told.poll(60, TimeUnit.SECONDS)).isEqualTo("resume node-1");
    assertThat(state()).isNotEqualTo('T');
    assertThat(victim.isAlive()).isTrue();
  }

  /** As the kernel has it: T is stopped. */
  private char state() throws IOException {
    String stat = Files.readString(Path.of("/proc", String.valueOf(victim.pid()), "stat"));
    return stat.charAt(stat.lastIndexOf(')') + 2);
  }
}
