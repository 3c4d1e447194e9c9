package io.copyhold.http.contract;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Holds an answer against the contract: the route, the status, the content type, the headers, the
 * body.
 */
public final class ContractCheck {
  public static final ContractCheck INSTANCE = new ContractCheck();

  private final JsonNode page = Contract.load().json();
  private final SchemaRegistry registry =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
  private final Map<String, Schema> schemas = new ConcurrentHashMap<>();

  private ContractCheck() {}

  /** {@code GET /v1/tenants/{id}}, for every method of every path of the page. */
  public TreeSet<String> routes() {
    TreeSet<String> routes = new TreeSet<>();
    page.path("paths")
        .properties()
        .forEach(path ->
            path.getValue()
                .fieldNames()
                .forEachRemaining(method -> {
                  if (!method.equals("parameters") && !method.equals("summary")) {
                    routes.add(method.toUpperCase(java.util.Locale.ROOT) + " " + path.getKey());
                  }
                }));
    return routes;
  }

  /**
   * Fails with what does not fit. A path that is not on the page must be answered with a problem.
   */
  public void check(String method, String pathAndQuery, HttpResponse<String> response) {
    String path = URI.create(pathAndQuery).getPath();
    String where = method + " " + path + " → " + response.statusCode();
    String type = response.headers().firstValue("Content-Type").orElse("").split(";", 2)[0];
    JsonNode operation = operation(method, path);
    if (operation == null) {
      if (!type.equals("application/problem+json")) {
        throw new AssertionError(where + " is not in the contract: " + response.body());
      }
      validate(where, page.at("/components/schemas/Problem"), response.body());
      return;
    }
    JsonNode answers = operation.path("responses");
    JsonNode answer = answers.path(String.valueOf(response.statusCode()));
    if (answer.isMissingNode()) {
      answer = answers.path(response.statusCode() / 100 + "XX");
    }
    if (answer.isMissingNode()) {
      throw new AssertionError(
          where + ": the contract does not know this status here; body: " + response.body());
    }
    answer = resolve(answer);
    for (var header : answer.path("headers").properties()) {
      if (resolve(header.getValue()).path("required").asBoolean()
          && response.headers().firstValue(header.getKey()).isEmpty()) {
        throw new AssertionError(where + ": the header " + header.getKey() + " is missing");
      }
    }
    JsonNode content = answer.path("content");
    JsonNode media = content.path(type);
    if (media.isMissingNode()) {
      throw new AssertionError(where + ": the contract does not know the content type " + type);
    }
    if (type.endsWith("json")) {
      validate(where, media.path("schema"), response.body());
    }
  }

  private void validate(String where, JsonNode schema, String body) {
    List<Error> errors =
        schemas
            .computeIfAbsent(schema.toString(), _ -> schema(schema))
            .validate(body, InputFormat.JSON);
    if (!errors.isEmpty()) {
      throw new AssertionError(
          where
              + " breaks the contract:\n  "
              + errors.stream().map(Error::toString).collect(Collectors.joining("\n  "))
              + "\n"
              + body);
    }
  }

  private Schema schema(JsonNode schema) {
    ObjectNode whole = ((ObjectNode) schema.deepCopy());
    whole.set("components", page.path("components"));
    return registry.getSchema(
        SchemaLocation.of(
            "urn:copyhold:schema:" + Integer.toHexString(schema.toString().hashCode())),
        whole.toString(),
        InputFormat.JSON);
  }

  private JsonNode operation(String method, String path) {
    List<JsonNode> found = new ArrayList<>();
    int placeholders = Integer.MAX_VALUE;
    for (var entry : page.path("paths").properties()) {
      String template = entry.getKey();
      String pattern = template.replaceAll("\\{[^}]+}", "[^/]+");
      int count = template.split("\\{", -1).length;
      JsonNode operation = entry.getValue().path(method.toLowerCase(java.util.Locale.ROOT));
      if (path.matches(pattern) && count < placeholders && !operation.isMissingNode()) {
        placeholders = count;
        found.add(operation);
      }
    }
    return found.isEmpty() ? null : found.getLast();
  }

  private JsonNode resolve(JsonNode node) {
    return node.has("$ref") ? page.at(node.path("$ref").asText().substring(1)) : node;
  }
}
