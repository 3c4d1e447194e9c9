package io.copyhold.runtime.entity;

import static io.copyhold.runtime.TestSystem.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.TestSystem;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.PostgresFixture;
import io.copyhold.runtime.process.Spawner;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An entity whose replay ends the process, in real processes. */
class DeadlyReplayTest {
  private static final int NEIGHBOURS = 20;
  private static final Origin TEST = Origin.of("test");

  private final Database database = PostgresFixture.newDatabase();

  @TempDir private Path directory;

  private String child(int life) throws Exception {
    Path output = directory.resolve("child-" + life + ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(
            Stream.of(
                    List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Ddeadly=true",
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path").replace("\n", File.pathSeparator),
                        DeadlyChild.class.getName()),
                    List.of(
                        database.host(),
                        Integer.toString(database.port()),
                        database.name(),
                        database.user(),
                        Integer.toString(NEIGHBOURS)))
                .flatMap(List::stream)
                .toList());
    builder.environment().put("DEADLY_PASSWORD", database.password().get());
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    Process process = Spawner.start(builder);
    boolean ended = process.waitFor(180, TimeUnit.SECONDS);
    process.destroyForcibly().waitFor();
    String text = Files.readString(output, StandardCharsets.UTF_8);
    assertThat(ended).as(text).isTrue();
    assertThat(process.exitValue()).as(text).isIn(0, 17);
    return text;
  }

  @Test
  void itCostsThreeNodesAtMostAndThenItsNeighboursAreServedAndAnOperatorMendsIt() throws Exception {
    try (TestSystem node = DeadlyChild.start(database)) {
      for (long step = 1; step <= 5; step++) {
        node.applied(
            DeadlyChild.DEADLY,
            new DeadlyChild.Mine.Step(step == DeadlyChild.DEADLY_VERSION),
            TEST);
      }
      for (int i = 0; i < NEIGHBOURS; i++) {
        node.applied(DeadlyChild.neighbour(i), new DeadlyChild.Mine.Step(false), TEST);
      }
    }

    int deaths = 0;
    String last = child(0);
    while (!last.contains(DeadlyChild.QUARANTINED)) {
      deaths++;
      assertThat(deaths).as("processes that it ended").isLessThanOrEqualTo(3);
      last = child(deaths);
    }
    assertThat(deaths).isPositive();
    assertThat(last.lines().filter(line -> line.equals(DeadlyChild.SERVED + 2)))
        .hasSize(NEIGHBOURS);

    try (TestSystem node = DeadlyChild.start(database)) { // not deadly here, and it is not tried
      until(() -> refusal(node).equals("quarantined"));
      until(() -> enclosedAt(node) == DeadlyChild.DEADLY_VERSION); // the event is known
      node.applied(
          DeadlyChild.DEADLY, new Quarantine.Command.Skip(DeadlyChild.DEADLY_VERSION), TEST);
      until(() -> refusal(node).isEmpty());
    }
    // what is passed over is passed over by a node that has never met it, too
    assertThat(child(9)).contains(DeadlyChild.LIVES);
  }

  private static long enclosedAt(TestSystem node) {
    EntityRef verdict = new EntityRef(Quarantine.TYPE.name(), DeadlyChild.DEADLY.toString());
    return TestSystem.await(node.history().at(verdict, Long.MAX_VALUE))
        .view()
        .path("version")
        .asLong();
  }

  private static String refusal(TestSystem node) {
    return node.ask(DeadlyChild.DEADLY, new DeadlyChild.Mine.Step(false), TEST)
            instanceof Reply.Refused(var problem)
        ? problem.code()
        : "";
  }

  @Test
  void theVersionBeforeIsRestoredAndWhatCameAfterIsPassedOver() {
    long[] versions = LongStream.rangeClosed(1, 5).toArray();
    Quarantine enclosed =
        Quarantine.TYPE.evolve(
            Quarantine.TYPE.initial(), new Quarantine.Event.Enclosed(3, "broken"));
    assertThat(decide(enclosed, new Quarantine.Command.Restore(3, 5)))
        .isInstanceOf(Decision.Refuse.class);
    assertThat(decide(enclosed, new Quarantine.Command.Restore(2, 2)))
        .isInstanceOf(Decision.Refuse.class);
    Quarantine restored = Quarantine.TYPE.evolve(enclosed, new Quarantine.Event.Restored(2, 5));
    Skips skips = Skips.of(Quarantine.TYPE.view(restored));
    assertThat(LongStream.of(versions).filter(skips::contains)).containsExactly(3L, 4L, 5L);
    assertThat(skips.contains(6)).isFalse();
    assertThat(decide(restored, new Quarantine.Command.Enclose(4, "broken")))
        .isEqualTo(Decision.accept());
  }

  private static Decision<Quarantine.Event> decide(Quarantine state, Quarantine.Command command) {
    return Quarantine.TYPE.decide(state, command, java.time.Instant.EPOCH);
  }
}
