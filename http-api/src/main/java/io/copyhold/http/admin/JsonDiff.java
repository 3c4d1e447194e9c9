package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.journal.Mappers;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What differs between two states, as a list of {path, from, to}; a side that has nothing there is
 * left out.
 */
final class JsonDiff {
  private JsonDiff() {}

  static ArrayNode between(JsonNode from, JsonNode to) {
    ArrayNode changes = Mappers.JSON.createArrayNode();
    compare("", from, to, changes);
    return changes;
  }

  private static void compare(
      String path, @Nullable JsonNode from, @Nullable JsonNode to, ArrayNode changes) {
    if (from instanceof ObjectNode before && to instanceof ObjectNode after) {
      TreeSet<String> names = new TreeSet<>();
      before.fieldNames().forEachRemaining(names::add);
      after.fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        compare(
            path + "/" + name.replace("~", "~0").replace("/", "~1"),
            before.get(name),
            after.get(name),
            changes);
      }
    } else if (from instanceof ArrayNode before && to instanceof ArrayNode after) {
      for (int i = 0; i < Math.max(before.size(), after.size()); i++) {
        compare(path + "/" + i, before.get(i), after.get(i), changes);
      }
    } else if (from == null ? to != null : !from.equals(to)) {
      ObjectNode change = changes.addObject().put("path", path.isEmpty() ? "/" : path);
      if (from != null) {
        change.set("from", from);
      }
      if (to != null) {
        change.set("to", to);
      }
    }
  }
}
