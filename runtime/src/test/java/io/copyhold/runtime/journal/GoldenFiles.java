package io.copyhold.runtime.journal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.EntityTypes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Holds a module to its promise that what is stored is read for ever. For every event and command
 * in the tables of stored types a file in {@code src/test/resources/golden} has bytes as they were
 * written once; they must still be read as the JSON beside them. A subclass names the types:
 *
 * <pre>{@code
 * class CounterGoldenTest extends GoldenFiles {
 *   @Override protected List<EntityType<?, ?, ?>> types() { return List.of(Counter.TYPE); }
 * }
 * }</pre>
 *
 * {@code mvn test -Dgolden.update} writes the files that are missing; what exists is never
 * rewritten.
 */
public abstract class GoldenFiles {
  private static final boolean UPDATE = System.getProperty("golden.update") != null;
  private static final Instant AT = Instant.parse("2026-01-02T03:04:05.000006Z");
  private static final Origin ORIGIN =
      new Origin(
          "token:golden", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a-key", null);

  /** The types this module adds. */
  protected abstract List<EntityType<?, ?, ?>> types();

  /** Values for classes that refuse what {@link Samples} makes of them. */
  protected Map<Class<?>, Object> samples() {
    return Map.of();
  }

  /** Where the files lie; the working directory of a test is its module. */
  protected Path directory() {
    return Path.of("src", "test", "resources", "golden");
  }

  @TestFactory
  Stream<DynamicTest> everyStoredTypeHasItsFile() {
    Codec codec = new EntityTypes(types()).codec();
    Samples samples = new Samples(samples());
    List<DynamicTest> tests = new ArrayList<>();
    for (EntityType<?, ?, ?> type : types()) {
      for (StoredTypes.Entry entry : type.stored().entries()) {
        String manifest = type.name() + "/" + entry.name() + "/" + entry.shape();
        tests.add(
            DynamicTest.dynamicTest(
                kind(entry.event()) + " " + manifest,
                () -> {
                  Path file = file(manifest, entry.event());
                  if (UPDATE && !Files.exists(file)) {
                    write(codec, manifest, entry.event(), samples.of(entry.type()), file);
                  }
                  assertThat(file).as("run once with -Dgolden.update and commit the file").exists();
                }));
      }
    }
    return tests.stream();
  }

  @TestFactory
  Stream<DynamicTest> everyFileIsStillReadAsItWas() throws IOException {
    Codec codec = new EntityTypes(types()).codec();
    List<String> names = types().stream().map(EntityType::name).toList();
    List<DynamicTest> tests = new ArrayList<>();
    for (String name : names) {
      Path directory = directory().resolve(name);
      if (!Files.isDirectory(directory)) {
        continue;
      }
      try (Stream<Path> files = Files.list(directory)) {
        for (Path file : files.sorted().toList()) {
          tests.add(
              DynamicTest.dynamicTest(
                  name + "/" + file.getFileName(),
                  () -> {
                    JsonNode golden = Mappers.JSON.readTree(Files.readString(file));
                    assertThat(decoded(codec, golden)).isEqualTo(golden.get("value"));
                  }));
        }
      }
    }
    return tests.stream();
  }

  private static JsonNode decoded(Codec codec, JsonNode golden) throws IOException {
    String manifest = golden.required("manifest").asText();
    byte[] bytes = HexFormat.of().parseHex(golden.required("bytes").asText());
    if (golden.required("kind").asText().equals(kind(true))) {
      Journaled stored = codec.decodeEvent(manifest, bytes);
      assertThat(stored.origin()).isEqualTo(ORIGIN);
      assertThat(stored.at()).isEqualTo(AT);
      assertThat(stored.digest()).isEqualTo("d1");
      return tree(stored.event());
    }
    return tree(codec.decode(manifest, Mappers.CBOR.readTree(bytes), false));
  }

  private static void write(Codec codec, String manifest, boolean event, Object sample, Path file)
      throws IOException {
    byte[] bytes =
        event ? codec.encode(new Journaled(sample, ORIGIN, AT, "d1", null)) : Codec.bytes(sample);
    ObjectNode golden = Mappers.JSON.createObjectNode();
    golden.put("manifest", manifest);
    golden.put("kind", kind(event));
    golden.set("value", tree(sample));
    golden.put("bytes", HexFormat.of().formatHex(bytes));
    Files.createDirectories(file.getParent());
    Files.writeString(
        file,
        Mappers.JSON.writerWithDefaultPrettyPrinter().writeValueAsString(golden) + "\n",
        StandardCharsets.UTF_8);
  }

  private static JsonNode tree(Object value) throws IOException {
    return Mappers.JSON.readTree(Mappers.JSON.writeValueAsBytes(value));
  }

  private Path file(String manifest, boolean event) {
    String[] parts = manifest.split("/", -1);
    return directory()
        .resolve(parts[0])
        .resolve(kind(event) + "-" + parts[1] + "-" + parts[2] + ".json");
  }

  private static String kind(boolean event) {
    return event ? "event" : "command";
  }
}
