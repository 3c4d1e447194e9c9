package io.copyhold.chaos.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Sealed types as an operator writes them: {@code {"kind": "kill-node", "node": "node-1"}}. Read
 * strictly: an unknown kind or field, or one that is missing, is a problem that names its place.
 */
final class Kinded {
  private static final String KIND = "kind";

  private Kinded() {}

  /** Reads one of the records that a sealed interface permits. */
  static <T> T read(JsonNode node, Class<T> sealed, String where) {
    String word = node.path(KIND).asText("");
    Class<?> type =
        Arrays.stream(sealed.getPermittedSubclasses())
            .filter(permitted -> word(permitted.getSimpleName()).equals(word))
            .findFirst()
            .orElseThrow(() ->
                new ProblemException(
                    Problem.invalid("kind-unknown", "there is no kind \"" + word + "\" here")
                        .at(where + "/" + KIND)
                        .todo("known are " + kinds(sealed))));
    TreeSet<String> unknown = new TreeSet<>();
    node.fieldNames().forEachRemaining(unknown::add);
    unknown.remove(KIND);
    ObjectNode read = Mappers.JSON.createObjectNode().put(KIND, type.getSimpleName());
    for (RecordComponent component : type.getRecordComponents()) {
      unknown.remove(component.getName());
      JsonNode value = node.path(component.getName());
      boolean optional = component.getAnnotatedType().isAnnotationPresent(Nullable.class);
      if (value.isMissingNode() || value.isNull()) {
        if (!optional && component.getType() != boolean.class) {
          throw new ProblemException(
              Problem.invalid("field-missing", "\"" + component.getName() + "\" is missing")
                  .at(where + "/" + component.getName()));
        }
      } else if (!fits(value, component.getType())) {
        throw new ProblemException(
            Problem.invalid(
                    "field-type-wrong",
                    "here must be another type: " + component.getType().getSimpleName())
                .at(where + "/" + component.getName()));
      } else {
        read.set(component.getName(), value);
      }
    }
    if (!unknown.isEmpty()) {
      throw new ProblemException(
          Problem.invalid("field-unknown", "there is no field \"" + unknown.first() + "\" here")
              .at(where + "/" + unknown.first())
              .todo(
                  "known are "
                      + Arrays.stream(type.getRecordComponents())
                          .map(RecordComponent::getName)
                          .sorted()
                          .collect(Collectors.joining(", "))));
    }
    return sealed.cast(Mappers.JSON.convertValue(read, sealed));
  }

  private static boolean fits(JsonNode value, Class<?> type) {
    if (type == String.class) {
      return value.isTextual();
    }
    if (type == boolean.class) {
      return value.isBoolean();
    }
    return type == int.class ? value.canConvertToInt() && value.isInt() : value.isNumber();
  }

  /** The same tree with kinds as words, as they are written. */
  static JsonNode words(JsonNode tree) {
    JsonNode copy = tree.deepCopy();
    turn(copy, Kinded::word);
    return copy;
  }

  /** The way back from {@link #words}. */
  static JsonNode names(JsonNode tree) {
    JsonNode copy = tree.deepCopy();
    turn(copy, Kinded::name);
    return copy;
  }

  private static void turn(JsonNode node, UnaryOperator<String> kind) {
    if (node instanceof ObjectNode object) {
      if (object.path(KIND).isTextual()) {
        object.put(KIND, kind.apply(object.path(KIND).asText()));
      }
      for (Map.Entry<String, JsonNode> field : object.properties()) {
        turn(field.getValue(), kind);
      }
    } else if (node instanceof ArrayNode array) {
      array.forEach(item -> turn(item, kind));
    }
  }

  private static String name(String word) {
    return Arrays.stream(word.split("-", -1))
        .filter(part -> !part.isEmpty())
        .map(part -> part.substring(0, 1).toUpperCase(Locale.ROOT) + part.substring(1))
        .collect(Collectors.joining());
  }

  /** {@code KillNode} is {@code kill-node}. */
  static String word(String name) {
    return name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
  }

  private static String kinds(Class<?> sealed) {
    return Arrays.stream(sealed.getPermittedSubclasses())
        .map(type -> word(type.getSimpleName()))
        .sorted()
        .collect(Collectors.joining(", "));
  }
}
