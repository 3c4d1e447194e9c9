package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Port to the directory: what is read across entities. Blocks. */
public interface Listing {
  /**
   * What to list.
   *
   * @param filters by field of the summary (or {@code id}): one of the values, for every field
   * @param text words to search for, or null
   * @param prefix of the id, or null
   * @param sort field
   * @param cursor of the page before, or null for the first
   * @param limit 1 to 1000
   * @param facets fields to count the values of
   * @param after position the page should include, or null
   */
  record Query(
      String type,
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
    public Query {
      filters = Map.copyOf(filters);
      facets = List.copyOf(facets);
    }

    /** Everything of a type by id, the first page. */
    public static Query of(String type, Map<String, List<String>> filters, int limit) {
      return new Query(
          type, filters, null, null, "id", false, null, limit, List.of(), null, Duration.ZERO);
    }
  }

  /** A version of an entity that a write answered with: {@code tenant/acme@7}. */
  record Position(EntityRef entity, long version) {
    public static Position parse(String text) {
      int at = text.lastIndexOf('@');
      if (at < 0) {
        throw new IllegalArgumentException(text);
      }
      return new Position(
          EntityRef.parse(text.substring(0, at)), Long.parseLong(text.substring(at + 1)));
    }

    @Override
    public String toString() {
      return entity + "@" + version;
    }
  }

  /** One entity as the directory shows it. */
  record Row(EntityRef entity, long version, Instant updatedAt, JsonNode summary) {}

  /**
   * @param next cursor of the next page, or null when this is the last
   * @param total how many there are in all
   * @param lagMs how old the newest event may be that is not in here
   * @param upToDate false when the position asked for was not reached in time
   */
  record Page(
      List<Row> rows,
      @Nullable String next,
      long total,
      long lagMs,
      boolean upToDate,
      Map<String, Map<String, Long>> facets) {
    public Page {
      rows = List.copyOf(rows);
      facets = Map.copyOf(facets);
    }
  }

  /**
   * Throws a problem for a cursor or field it cannot use, and when the directory is not readable.
   */
  Page list(Query query) throws InterruptedException;

  Optional<Row> find(EntityRef entity) throws InterruptedException;
}
