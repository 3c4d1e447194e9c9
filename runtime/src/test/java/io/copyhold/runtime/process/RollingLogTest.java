package io.copyhold.runtime.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RollingLogTest {
  @Test
  void twoFilesAreKeptAndTheNewestOutputIsInThem(@TempDir Path directory) throws Exception {
    RollingLog log = new RollingLog(directory.resolve("a.log"), 1000);
    for (int i = 0; i < 1000; i++) {
      log.append("line " + i + "\n");
    }
    log.close();
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder("a.log", "a.log.1");
    }
    assertThat(Files.size(directory.resolve("a.log.1"))).isBetween(1000L, 1010L);
    assertThat(
            Files.readString(directory.resolve("a.log.1"))
                + Files.readString(directory.resolve("a.log")))
        .endsWith("line 998\nline 999\n");
    assertThat(log.tail()).startsWith("line 980").endsWith("line 999");
  }

  @Test
  void aChildIsReadToItsEndThoughNothingCanBeWritten(@TempDir Path directory) throws Exception {
    RollingLog log = new RollingLog(directory.resolve("missing/a.log"), 1000);
    byte[] output = "last words\n".repeat(10_000).getBytes(StandardCharsets.UTF_8);
    ByteArrayInputStream stream = new ByteArrayInputStream(output);
    assertThat(log.follow(stream).join(Duration.ofMinutes(2))).isTrue();
    assertThat(stream.available()).isZero();
    assertThat(log.tail()).endsWith("last words");
  }
}
