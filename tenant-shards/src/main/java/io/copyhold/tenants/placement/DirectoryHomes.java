package io.copyhold.tenants.placement;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.view.Directory;
import io.copyhold.runtime.view.Query;
import io.copyhold.runtime.view.Row;
import io.copyhold.tenants.isolation.Isolation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Homes as the directory lists them: open pools, and live tenants with a home of their own. Both
 * kinds come in one order, by id and then by kind.
 */
public final class DirectoryHomes implements Homes {
  private static final List<String> LIVE = List.of("active", "suspended", "suspending", "resuming");
  private static final List<String> OPEN = List.of("open", "migrating");
  private static final Comparator<Row> ORDER =
      Comparator.comparing((Row row) -> row.entity().id())
          .thenComparing(row -> row.entity().toString());

  private final Directory directory;

  public DirectoryHomes(Directory directory) {
    this.directory = directory;
  }

  @Override
  public List<StoreCount> stores(String changelog, Selector selector) {
    Map<String, Long> counts = new TreeMap<>();
    for (Query query : queries(changelog, selector, null, 1)) {
      Listed.page(directory, query.counting(List.of("store")))
          .facets()
          .getOrDefault("store", Map.of())
          .forEach((store, homes) -> counts.merge(store, homes, Long::sum));
    }
    return counts.entrySet().stream().map(e -> new StoreCount(e.getKey(), e.getValue())).toList();
  }

  @Override
  public List<Entry> page(
      String changelog, Selector selector, String store, @Nullable String after, int limit) {
    List<Row> rows = new ArrayList<>();
    for (Query query : queries(changelog, selector, store, limit)) {
      rows.addAll(
          Listed.rows(directory, after == null ? query : query.following(EntityRef.parse(after))));
    }
    return rows.stream()
        .sorted(ORDER)
        .limit(limit)
        .map(row -> Homes.entry(row.entity(), row.summary()))
        .toList();
  }

  /** One query per kind of owner that the selector leaves. */
  private static List<Query> queries(
      String changelog, Selector selector, @Nullable String store, int limit) {
    Map<String, List<String>> shared = new HashMap<>();
    shared.put("changelog", List.of(changelog));
    put(shared, "tags", selector.tags());
    put(shared, "region", selector.regions());
    put(shared, "tier", selector.tiers());
    put(shared, "store", store == null ? selector.stores() : List.of(store));
    List<Isolation> isolations =
        selector.isolations().isEmpty() ? List.of(Isolation.values()) : selector.isolations();
    List<String> own =
        isolations.stream()
            .filter(Isolation::ownHome)
            .map(isolation -> isolation.name().toLowerCase(Locale.ROOT))
            .toList();
    List<Query> queries = new ArrayList<>();
    if (!own.isEmpty()) {
      Map<String, List<String>> filters = new HashMap<>(shared);
      filters.put("state", LIVE);
      filters.put("isolation", own);
      put(filters, "plan", selector.plans());
      add(queries, "tenant", filters, selector, limit);
    }
    if (isolations.contains(Isolation.POOL) && selector.plans() == null) {
      Map<String, List<String>> filters = new HashMap<>(shared);
      filters.put("state", OPEN);
      add(queries, "pool", filters, selector, limit);
    }
    return queries;
  }

  private static void add(
      List<Query> queries,
      String type,
      Map<String, List<String>> filters,
      Selector selector,
      int limit) {
    if (!selector.owners().isEmpty()) {
      List<String> ids =
          selector.owners().stream()
              .map(EntityRef::parse)
              .filter(owner -> owner.type().equals(type))
              .map(EntityRef::id)
              .toList();
      if (ids.isEmpty()) {
        return;
      }
      filters.put("id", ids);
    }
    queries.add(Query.of(type, limit).where(filters));
  }

  private static void put(
      Map<String, List<String>> filters, String field, @Nullable List<String> values) {
    if (values != null && !values.isEmpty()) {
      filters.put(field, values);
    }
  }
}
