package io.copyhold.runtime.view;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;

/**
 * What to list. A field is one of the summary's, or {@code id}, {@code type}, {@code version},
 * {@code updatedAt}.
 *
 * @param type of entity ({@code operation} for operations), or null for any
 * @param filters by field: one of the values, for every field
 * @param text words of which each must begin a word of id, name or tags; or null
 * @param prefix of the id, or null
 * @param sort field; rows without it come last
 * @param cursor of the page before, or null for the first
 * @param limit 1 to 1,000
 * @param facets fields to count the values of, at most 10
 * @param after position that the page should include, or null
 * @param afterMax how long to wait for it, at most the directory's own limit
 */
public record Query(
    @Nullable String type,
    Map<String, List<String>> filters,
    @Nullable String text,
    @Nullable String prefix,
    String sort,
    boolean descending,
    @Nullable String cursor,
    int limit,
    List<String> facets,
    @Nullable Position after,
    Duration afterMax) {
  public static final int LIMIT_MAX = 1_000;
  public static final int FACETS_MAX = 10;

  public Query {
    filters = Map.copyOf(filters);
    facets = List.copyOf(facets);
    if (limit < 1 || limit > LIMIT_MAX) {
      throw new ProblemException(
          Problem.invalid("limit-out-of-range", "a page has 1 to " + LIMIT_MAX + " rows")
              .at("limit"));
    }
    if (facets.size() > FACETS_MAX) {
      throw new ProblemException(
          Problem.invalid("too-many-facets", "at most " + FACETS_MAX + " fields are counted")
              .at("facets"));
    }
  }

  /** Everything of a type by id, the first page. */
  public static Query of(@Nullable String type, int limit) {
    return new Query(
        type, Map.of(), null, null, "id", false, null, limit, List.of(), null, Duration.ZERO);
  }

  public Query where(Map<String, List<String>> values) {
    return new Query(
        type, values, text, prefix, sort, descending, cursor, limit, facets, after, afterMax);
  }

  public Query search(@Nullable String words) {
    return new Query(
        type, filters, words, prefix, sort, descending, cursor, limit, facets, after, afterMax);
  }

  public Query startingWith(@Nullable String idPrefix) {
    return new Query(
        type, filters, text, idPrefix, sort, descending, cursor, limit, facets, after, afterMax);
  }

  public Query sortedBy(String field, boolean downwards) {
    return new Query(
        type, filters, text, prefix, field, downwards, cursor, limit, facets, after, afterMax);
  }

  public Query from(@Nullable String pageCursor) {
    return new Query(
        type, filters, text, prefix, sort, descending, pageCursor, limit, facets, after, afterMax);
  }

  /** What comes after an entity in the order of ids, whether the entity is still listed or not. */
  public Query following(EntityRef last) {
    return sortedBy("id", false)
        .from(new Cursor("id", new BytesRef(last.id()), last.toString()).toString());
  }

  public Query counting(List<String> fields) {
    return new Query(
        type, filters, text, prefix, sort, descending, cursor, limit, fields, after, afterMax);
  }

  public Query including(@Nullable Position position, Duration waitMax) {
    return new Query(
        type, filters, text, prefix, sort, descending, cursor, limit, facets, position, waitMax);
  }
}
