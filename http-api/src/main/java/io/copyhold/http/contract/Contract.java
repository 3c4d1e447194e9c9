package io.copyhold.http.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The page of OpenAPI 3.1.
 *
 * @param yaml as it is written
 * @param json the same
 */
public record Contract(String yaml, JsonNode json) {
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
