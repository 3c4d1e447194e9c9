package io.copyhold.http.contract;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.copyhold.http.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ContractTest {
  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node = new Node();
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  @Test
  void everyRouteIsOnThePageAndEveryEntryHasItsRoute() {
    TreeSet<String> routes =
        node.routes.routes().stream()
            .map(route -> route.name())
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(ContractCheck.INSTANCE.routes()).containsExactlyElementsOf(routes);
  }

  @Test
  void everyParameterOfARouteIsOnThePage() {
    JsonNode page = Contract.load().json();
    for (var route : node.routes.routes()) {
      JsonNode item = page.path("paths").path(route.path());
      TreeSet<String> named = new TreeSet<>();
      List<JsonNode> parameters = new ArrayList<>();
      item.path("parameters").forEach(parameters::add);
      item.path(route.method().toLowerCase(java.util.Locale.ROOT))
          .path("parameters")
          .forEach(parameters::add);
      for (JsonNode parameter : parameters) {
        JsonNode resolved =
            parameter.has("$ref")
                ? page.at(parameter.path("$ref").asText().substring(1))
                : parameter;
        assertThat(resolved.isMissingNode()).as("%s in %s", parameter, route.name()).isFalse();
        if (resolved.path("in").asText().equals("query")) {
          named.add(resolved.path("name").asText());
        }
      }
      assertThat(named).as(route.name()).containsExactlyElementsOf(route.parameters());
    }
  }

  @Test
  void everyReferenceLeadsSomewhere() {
    JsonNode page = Contract.load().json();
    for (JsonNode reference : page.findValues("$ref")) {
      assertThat(page.at(reference.asText().substring(1)).isMissingNode())
          .as(reference.asText())
          .isFalse();
    }
  }

  @Test
  void everyExampleKeepsToItsSchema() {
    JsonNode page = Contract.load().json();
    SchemaRegistry registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    int checked = 0;
    List<JsonNode> media = new ArrayList<>();
    for (JsonNode content : page.findValues("content")) {
      content.path("application/json").isMissingNode();
      content.forEach(media::add);
    }
    for (JsonNode one : media) {
      if (one.has("example") && one.has("schema")) {
        var schema =
            ((com.fasterxml.jackson.databind.node.ObjectNode) one.path("schema").deepCopy());
        schema.set("components", page.path("components"));
        assertThat(
                registry
                    .getSchema(schema.toString(), InputFormat.JSON)
                    .validate(one.path("example").toString(), InputFormat.JSON))
            .as(one.path("example").toString())
            .isEmpty();
        checked++;
      }
    }
    assertThat(checked).isPositive();
  }

  @Test
  void thePageIsServedInBothForms() throws Exception {
    assertThat(node.client().get("/v1/openapi.yaml").text()).startsWith("openapi: 3.1.0");
    assertThat(node.client().get("/v1/openapi.json").body().path("paths").size())
        .isEqualTo(Contract.load().json().path("paths").size());
  }
}
