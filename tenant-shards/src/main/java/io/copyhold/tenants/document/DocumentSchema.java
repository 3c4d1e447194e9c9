package io.copyhold.tenants.document;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import io.copyhold.runtime.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The JSON Schema of documents, and what to say when one does not follow it. */
final class DocumentSchema {
  static final String RESOURCE = "/copyhold/document/schema.json";

  /** More would bury the first ones. */
  static final int PROBLEMS_MAX = 50;

  private static final int SHOWN_CHARS_MAX = 60;

  private static final JsonNode PAGE = page();
  private static final Schema SCHEMA =
      SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(PAGE.toString(), InputFormat.JSON);

  private DocumentSchema() {}

  /** What breaks the schema, in the order of the document; empty when nothing does. */
  static List<Problem> check(JsonNode document) {
    Set<Problem> problems = new LinkedHashSet<>();
    for (Error error : SCHEMA.validate(document.toString(), InputFormat.JSON)) {
      if (problems.size() < PROBLEMS_MAX) {
        problems.add(problem(error, document));
      }
    }
    return List.copyOf(problems);
  }

  private static Problem problem(Error error, JsonNode document) {
    String pointer = pointer(error);
    JsonNode found = document.at(pointer);
    JsonNode schema = schemaOf(error);
    String at = "#" + pointer;
    return switch (error.getKeyword()) {
      case "required" ->
          Problem.invalid(
                  "document-field-missing",
                  name(pointer) + " lacks the field " + error.getProperty())
              .at(at)
              .todo(
                  "add "
                      + error.getProperty()
                      + ": "
                      + allowed(resolve(schema.path("properties").path(error.getProperty()))));
      case "additionalProperties" -> unknown(error, pointer, schema);
      case "type" ->
          Problem.invalid(
                  "document-type",
                  name(pointer) + " is " + shown(found) + "; allowed is " + allowed(schema))
              .at(at)
              .todo(
                  found.isValueNode()
                          && !found.isTextual()
                          && schema.path("type").toString().contains("string")
                      ? "put it in quotes"
                      : "write " + allowed(schema) + " there");
      case "enum", "const" ->
          Problem.invalid(
                  "document-value",
                  name(pointer) + " is " + shown(found) + "; allowed is " + allowed(schema))
              .at(at)
              .todo("choose one of them");
      case "maxProperties", "minProperties" -> many(pointer, found, schema);
      default -> other(pointer, found, schema);
    };
  }

  private static Problem many(String pointer, JsonNode found, JsonNode schema) {
    return pointer.matches("/operations/[0-9]+")
        ? Problem.invalid(
                "document-operation",
                name(pointer) + " has " + found.size() + " words; one operation has one")
            .at("#" + pointer)
            .todo("give each operation an entry of its own")
        : other(pointer, found, schema);
  }

  private static Problem other(String pointer, JsonNode found, JsonNode schema) {
    return Problem.invalid(
            "document-value",
            name(pointer) + " is " + shown(found) + "; allowed is " + allowed(schema))
        .at("#" + pointer)
        .todo("write " + allowed(schema) + " there");
  }

  private static Problem unknown(Error error, String pointer, JsonNode schema) {
    List<String> known = new ArrayList<>();
    schema.path("properties").fieldNames().forEachRemaining(known::add);
    String field = error.getProperty();
    String near =
        known.stream()
            .min(Comparator.comparingInt(word -> Distance.between(word, field)))
            .filter(word -> Distance.between(word, field) <= Math.max(1, field.length() / 3))
            .map(word -> "did you mean " + word + "? ")
            .orElse("");
    boolean operation = pointer.matches("/operations/[0-9]+");
    return Problem.invalid(
            operation ? "document-operation" : "document-field-unknown",
            operation ? "there is no operation " + field : name(pointer) + " has no field " + field)
        .at("#" + pointer + "/" + field.replace("~", "~0").replace("/", "~1"))
        .todo(near + "allowed are " + String.join(", ", known));
  }

  /** The operation it is in, as people say it: {@code operation 1 (add_column): column/type}. */
  private static String name(String pointer) {
    String[] parts = pointer.split("/", 5);
    if (parts.length < 3 || !parts[1].equals("operations")) {
      return pointer.isEmpty() ? "the document" : pointer.substring(1);
    }
    String operation = "operation " + parts[2];
    return parts.length == 3
        ? operation
        : operation + " (" + parts[3] + ")" + (parts.length == 4 ? "" : ": " + parts[4]);
  }

  private static String pointer(Error error) {
    StringBuilder pointer = new StringBuilder();
    var path = error.getInstanceLocation();
    for (int i = 0; i < path.getNameCount(); i++) {
      pointer
          .append('/')
          .append(String.valueOf(path.getElement(i)).replace("~", "~0").replace("/", "~1"));
    }
    return pointer.toString();
  }

  private static JsonNode schemaOf(Error error) {
    JsonNode at = PAGE;
    var fragment = error.getSchemaLocation().getFragment();
    for (int i = 0; i < fragment.getNameCount() - 1; i++) {
      String step = String.valueOf(fragment.getElement(i));
      at = at.isArray() ? at.path(Integer.parseInt(step)) : at.path(step);
    }
    if (at.has("properties") || !error.getKeyword().equals("required")) {
      return at;
    }
    // A condition asks for it: what the field is stands with the object that has the condition.
    JsonNode whole = PAGE;
    for (int i = 0; i < Math.min(2, fragment.getNameCount()); i++) {
      whole = whole.path(String.valueOf(fragment.getElement(i)));
    }
    return whole;
  }

  private static JsonNode resolve(JsonNode schema) {
    return schema.has("$ref") ? PAGE.at(schema.path("$ref").textValue().substring(1)) : schema;
  }

  private static String allowed(JsonNode schema) {
    if (schema.has("enum")) {
      List<String> words = new ArrayList<>();
      schema.path("enum").forEach(word -> words.add(word.asText()));
      return String.join(", ", words);
    }
    if (schema.has("const")) {
      return schema.path("const").asText();
    }
    List<String> types = new ArrayList<>();
    if (schema.path("type").isArray()) {
      schema.path("type").forEach(type -> types.add(article(type.asText())));
    } else {
      types.add(article(schema.path("type").asText("value")));
    }
    StringBuilder text = new StringBuilder(String.join(" or ", types));
    for (String limit :
        List.of(
            "minLength",
            "maxLength",
            "pattern",
            "minItems",
            "maxItems",
            "minimum",
            "maximum",
            "minProperties",
            "maxProperties")) {
      if (schema.has(limit)) {
        text.append(", ").append(limit).append(' ').append(schema.path(limit).asText());
      }
    }
    return text.toString();
  }

  private static String article(String type) {
    return switch (type) {
      case "string" -> "a text";
      case "boolean" -> "true or false";
      case "array" -> "a list";
      case "integer" -> "a whole number";
      case "null" -> "null";
      case "object" -> "an object";
      default -> "a " + type;
    };
  }

  private static String shown(JsonNode found) {
    return switch (found.getNodeType()) {
      case ARRAY -> "a list";
      case OBJECT -> "an object";
      case NULL -> "null";
      case MISSING -> "missing";
      case BOOLEAN, NUMBER, BINARY, POJO, STRING -> {
        String text = found.asText();
        String cut =
            text.length() > SHOWN_CHARS_MAX ? text.substring(0, SHOWN_CHARS_MAX) + "…" : text;
        yield found.isTextual()
            ? "the text '" + cut + "'"
            : "the " + (found.isNumber() ? "number " : "value ") + cut;
      }
    };
  }

  private static JsonNode page() {
    try (InputStream in = DocumentSchema.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is not on the class path");
      }
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
