package io.copyhold.tenants.document;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * One way to say it: where the published form allows several, the others become the longest.
 *
 * <p>Line ends become those of Unix, and SQL loses the white space around it, so that a block of
 * YAML equals a text of JSON; an empty text where SQL may stand counts as left out; the columns of
 * an index become a list; an {@code up} or {@code down} that is a query gets brackets around it.
 */
final class Normal {
  private static final Set<String> SQL =
      Set.of(
          "up",
          "down",
          "check",
          "constraint",
          "default",
          "predicate",
          "storage_parameters",
          "sequence_options",
          "expression",
          "elements",
          "where",
          "index",
          "index_method",
          "set");

  private static final Pattern QUERY =
      Pattern.compile("(?:select|with)\\b", Pattern.CASE_INSENSITIVE);

  private Normal() {}

  static JsonNode form(JsonNode document) {
    ObjectNode normal = document.deepCopy();
    for (JsonNode operation : normal.path("operations")) {
      if (operation.path("create_index") instanceof ObjectNode index) {
        index.set("columns", fields(index.path("columns")));
      }
    }
    walk(normal, false);
    for (JsonNode operation : normal.path("operations")) {
      for (var entry : operation.properties()) {
        if (!entry.getKey().equals(Operation.SQL.field())
            && entry.getValue() instanceof ObjectNode fields) {
          bracket(fields, "up");
          bracket(fields, "down");
        }
      }
    }
    return normal;
  }

  private static void bracket(ObjectNode owner, String field) {
    JsonNode value = owner.path(field);
    if (value instanceof ObjectNode byColumn) {
      byColumn.properties().stream()
          .map(Map.Entry::getKey)
          .toList()
          .forEach(column -> bracket(byColumn, column));
    } else if (value.isTextual() && QUERY.matcher(value.textValue()).lookingAt()) {
      owner.put(field, "(" + value.textValue() + ")");
    }
  }

  private static void walk(JsonNode node, boolean sql) {
    if (node instanceof ArrayNode array) {
      array.forEach(item -> walk(item, false));
    } else if (node instanceof ObjectNode object) {
      for (String field : object.properties().stream().map(e -> e.getKey()).toList()) {
        JsonNode value = object.path(field);
        boolean text = sql || SQL.contains(field);
        if (!value.isTextual()) {
          walk(value, text && (field.equals("up") || field.equals("down") || field.equals("set")));
          continue;
        }
        String lines = value.textValue().replace("\r\n", "\n");
        String plain = text ? lines.strip() : lines;
        if (text && plain.isEmpty()) {
          object.remove(field);
        } else {
          object.set(field, TextNode.valueOf(plain));
        }
      }
    }
  }

  private static ArrayNode fields(JsonNode columns) {
    ArrayNode list = JsonNodeFactory.instance.arrayNode();
    if (columns.isArray()) {
      for (JsonNode column : columns) {
        list.add(column.isTextual() ? field(column.textValue()) : column);
      }
    } else {
      for (var column : columns.properties()) {
        ObjectNode field = field(column.getKey());
        if (column.getValue() instanceof ObjectNode settings) {
          field.setAll(settings);
        }
        list.add(field);
      }
    }
    return list;
  }

  private static ObjectNode field(String column) {
    return JsonNodeFactory.instance.objectNode().put("column", column);
  }
}
