package io.copyhold.http.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLGenerator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * The page of OpenAPI 3.1.
 *
 * @param yaml as it is written
 * @param json the same
 */
public record Contract(String yaml, JsonNode json) {
  private static final YAMLMapper MERGED =
      YAMLMapper.builder()
          .disable(YAMLGenerator.Feature.WRITE_DOC_START_MARKER)
          .enable(YAMLGenerator.Feature.MINIMIZE_QUOTES)
          .build();

  /**
   * The page with the parts of other modules: their tags, paths and components beside its own.
   *
   * @throws IllegalArgumentException when a part says something that the page says already
   */
  public Contract with(List<String> parts) {
    if (parts.isEmpty()) {
      return this;
    }
    try {
      ObjectNode page = json.deepCopy();
      for (String part : parts) {
        JsonNode added = MERGED.readTree(part);
        added.path("tags").forEach(tag -> page.withArray("tags").add(tag));
        merge(page.withObject("/paths"), added.path("paths"));
        for (Map.Entry<String, JsonNode> kind : added.path("components").properties()) {
          merge(page.withObject("/components").withObject("/" + kind.getKey()), kind.getValue());
        }
      }
      return new Contract(MERGED.writeValueAsString(page), page);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void merge(ObjectNode into, JsonNode added) {
    for (Map.Entry<String, JsonNode> entry : added.properties()) {
      if (into.has(entry.getKey())) {
        throw new IllegalArgumentException("the contract has two of " + entry.getKey());
      }
      into.set(entry.getKey(), entry.getValue());
    }
  }

  /** The page in this jar. */
  public static Contract load() {
    try (InputStream in = Contract.class.getResourceAsStream("openapi.yaml")) {
      if (in == null) {
        throw new IllegalStateException("openapi.yaml is missing in this jar");
      }
      String yaml = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return new Contract(yaml, new YAMLMapper().readTree(yaml));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
