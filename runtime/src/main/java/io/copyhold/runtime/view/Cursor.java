package io.copyhold.runtime.view;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.io.IOException;
import java.util.Base64;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/**
 * Where a page ended: the sort key of its last row and its name. It holds no number of any index,
 * so it means the same on every node and after a rebuild.
 *
 * @param sort field, with {@code -} before it when descending
 * @param value a {@link Long}, a {@link BytesRef}, or null where the row lacks the field
 */
record Cursor(String sort, @Nullable Object value, String key) {

  static String sort(Query query) {
    return (query.descending() ? "-" : "") + query.sort();
  }

  /**
   * @throws ProblemException it is none, or of a list in another order
   */
  static Cursor parse(String text, Query query) {
    Cursor cursor;
    try {
      JsonNode node = Mappers.JSON.readTree(Base64.getUrlDecoder().decode(text));
      JsonNode value = node.path("v");
      cursor =
          new Cursor(
              node.required("s").asText(),
              value.isTextual()
                  ? new BytesRef(value.asText())
                  : value.isIntegralNumber() ? (Object) value.asLong() : null,
              node.required("k").asText());
    } catch (IOException | IllegalArgumentException e) {
      throw new ProblemException(
          Problem.of(Problem.Kind.MALFORMED, "cursor-malformed", "this is no cursor").at("cursor"),
          e);
    }
    if (!cursor.sort.equals(sort(query))) {
      throw new ProblemException(
          Problem.of(
                  Problem.Kind.MALFORMED,
                  "cursor-of-another-list",
                  "this cursor belongs to a list sorted by " + cursor.sort)
              .at("cursor")
              .todo("begin again without it"));
    }
    return cursor;
  }

  @Override
  public String toString() {
    ObjectNode node = Mappers.JSON.createObjectNode();
    node.put("s", sort).put("k", key);
    if (value instanceof Long number) {
      node.put("v", number);
    } else if (value instanceof BytesRef word) {
      node.put("v", word.utf8ToString());
    }
    try {
      return Base64.getUrlEncoder()
          .withoutPadding()
          .encodeToString(Mappers.JSON.writeValueAsBytes(node));
    } catch (IOException e) {
      throw new IllegalStateException("a cursor is plain JSON", e);
    }
  }
}
