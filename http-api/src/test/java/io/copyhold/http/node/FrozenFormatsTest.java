package io.copyhold.http.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.cassandra.KeyspaceSchema;
import io.copyhold.runtime.postgres.ControlSchema;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Formats are frozen: what a data directory may hold is read by every later release. {@code
 * frozen.txt} has a line for each golden file and each file of tables with its checksum; a line is
 * added ({@code -Dgolden.update}), and never changed or taken away.
 */
class FrozenFormatsTest {
  private static final Path GOLDEN = Path.of("src", "test", "resources", "golden");
  private static final Path FROZEN = GOLDEN.resolve("frozen.txt");
  private static final String OF_TESTS = "counter/";
  private static final List<Path> EVENTS =
      List.of(GOLDEN, Path.of("..", "runtime").resolve(GOLDEN));

  @Test
  void whatWasFrozenIsAsItWas() throws IOException {
    Map<String, String> now = present();
    Map<String, String> frozen = frozen();
    if (System.getProperty("golden.update") != null) {
      now.forEach(frozen::putIfAbsent);
      Files.writeString(FROZEN, text(frozen));
    }
    assertThat(now)
        .as("an event gets a new shape and an upcaster, a table a new file with a higher number")
        .containsAllEntriesOf(frozen);
    assertThat(frozen.keySet())
        .as("run once with -Dgolden.update and commit frozen.txt")
        .containsAll(now.keySet());
  }

  private static Map<String, String> present() throws IOException {
    Map<String, String> present = new TreeMap<>();
    for (ControlSchema.Part part : Wiring.schema()) {
      present.put("postgresql/" + part.name(), part.checksum());
    }
    for (KeyspaceSchema.Part part : Wiring.keyspaceSchema()) {
      present.put("cassandra/" + part.name(), part.checksum());
    }
    for (Path directory : EVENTS) {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
          String name = directory.relativize(file).toString().replace('\\', '/');
          if (!name.startsWith(OF_TESTS)) {
            present.put("golden/" + name, checksum(Files.readAllBytes(file)));
          }
        }
      }
    }
    return present;
  }

  private static Map<String, String> frozen() throws IOException {
    Map<String, String> frozen = new TreeMap<>();
    if (Files.exists(FROZEN)) {
      for (String line : Files.readAllLines(FROZEN)) {
        String[] parts = line.split(" ", 2);
        frozen.put(parts[1], parts[0]);
      }
    }
    return frozen;
  }

  private static String text(Map<String, String> lines) {
    StringBuilder text = new StringBuilder();
    lines.forEach((name, sum) -> text.append(sum).append(' ').append(name).append('\n'));
    return text.toString();
  }

  private static String checksum(byte[] bytes) {
    try {
      String text = new String(bytes, StandardCharsets.UTF_8).replace("\r\n", "\n");
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
