package io.copyhold.runtime.view;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the directory.
 *
 * @param next cursor of the next page, valid on any node; null when this is the last
 * @param total how many there are in all
 * @param lagMs how old an event may be that is not in here, in milliseconds
 * @param upToDate false when the position asked for was not reached in time
 * @param facets per field asked for: value to number, the most frequent first, at most 1,000 values
 */
public record Page(
    List<Row> rows,
    @Nullable String next,
    long total,
    long lagMs,
    boolean upToDate,
    Map<String, Map<String, Long>> facets) {
  public Page {
    rows = List.copyOf(rows);
  }
}
