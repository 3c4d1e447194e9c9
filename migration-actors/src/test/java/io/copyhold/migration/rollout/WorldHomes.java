package io.copyhold.migration.rollout;

import io.copyhold.runtime.entity.EntityWorld;
import io.copyhold.tenants.placement.Homes;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Lists the homes of a world of entities, without any lag. */
public record WorldHomes(EntityWorld world) implements Homes {
  private List<Entry> entries(Selector selector) {
    return world.all().stream()
        .filter(owner -> owner.type().equals("tenant") || owner.type().equals("pool"))
        .filter(owner -> world.summary(owner).has("schemaVersion"))
        .map(owner -> Homes.entry(owner, world.summary(owner)))
        .filter(selector::takes)
        .sorted(Comparator.comparing(entry -> entry.owner().toString()))
        .toList();
  }

  @Override
  public List<StoreCount> stores(String changelog, Selector selector) {
    Map<String, Long> counts = new TreeMap<>();
    entries(selector).forEach(entry -> counts.merge(entry.store(), 1L, Long::sum));
    return counts.entrySet().stream()
        .map(count -> new StoreCount(count.getKey(), count.getValue()))
        .toList();
  }

  @Override
  public List<Entry> page(
      String changelog, Selector selector, String store, @Nullable String after, int limit) {
    return entries(selector).stream()
        .filter(entry -> entry.store().equals(store))
        .filter(entry -> after == null || entry.owner().toString().compareTo(after) > 0)
        .limit(limit)
        .toList();
  }
}
