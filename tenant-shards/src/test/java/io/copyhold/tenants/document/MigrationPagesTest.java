package io.copyhold.tenants.document;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The pages on documents: their examples are read and applied, and they name every field. */
class MigrationPagesTest {
  private static final Path PAGES =
      Path.of(System.getProperty("copyhold.root", ".."), "docs/migrations");
  private static final Pattern EXAMPLE = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);

  @ParameterizedTest
  @EnumSource
  void theExampleFitsAHomeOfItsOwnAndAPool(Operation operation) throws IOException {
    List<Document> examples = examples(operation.field() + ".md");
    assertThat(examples).isNotEmpty();
    for (Document example : examples) {
      assertThat(example.operations()).anyMatch(c -> c.operation().equals(operation.field()));
      assertThat(Shop.OWN.apply(example)).isInstanceOf(Outcome.Fits.class);
      assertThat(Shop.POOL.apply(example)).isInstanceOf(Outcome.Fits.class);
    }
  }

  @ParameterizedTest
  @EnumSource
  void eachFieldIsOnItsPage(Operation operation) throws IOException {
    String page = Files.readString(PAGES.resolve(operation.field() + ".md"));
    JsonNode schema =
        new ObjectMapper().readTree(getClass().getResourceAsStream(DocumentSchema.RESOURCE));
    schema
        .at("/$defs/" + operation.field() + "/properties")
        .fieldNames()
        .forEachRemaining(field -> assertThat(page).contains("| `" + field + "` |"));
  }

  @Test
  void theFirstPageLinksToAllOthers() throws IOException {
    String page = Files.readString(PAGES.resolve("README.md"));
    for (Operation operation : Operation.values()) {
      assertThat(page).contains("(" + operation.field() + ".md)");
    }
    assertThat(examples("README.md"))
        .singleElement()
        .satisfies(example -> assertThat(Shop.OWN.apply(example)).isInstanceOf(Outcome.Fits.class));
  }

  private static List<Document> examples(String page) throws IOException {
    return EXAMPLE
        .matcher(Files.readString(PAGES.resolve(page)))
        .results()
        .map(match -> Reading.good("example.yaml", match.group(1).getBytes(UTF_8)))
        .toList();
  }
}
