package io.copyhold.chaos.simulation;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.tenants.placement.Candidates;
import io.copyhold.tenants.placement.Homes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The directory of a simulation: summaries as the journal had them up to two seconds ago. */
final class SimDirectory implements Candidates, Homes {
  private static final Duration LAG_MAX = Duration.ofSeconds(2);
  private static final Set<String> LIVE =
      Set.of("active", "suspended", "suspending", "resuming", "migrating");
  private static final Set<String> OPEN = Set.of("open", "migrating");

  private record Listed(EntityRef entity, long version, JsonNode summary) {
    String word(String field) {
      return summary.path(field).asText();
    }
  }

  private final SimLoop loop;
  private final Map<EntityRef, Listed> all =
      new TreeMap<>(Comparator.comparing(EntityRef::id).thenComparing(EntityRef::toString));

  SimDirectory(SimLoop loop) {
    this.loop = loop;
  }

  /** Takes note of an event, after a while. */
  void follow(Happening.Appended a) {
    if (!a.last() || a.entity().type().equals(EntityRef.OPERATION)) {
      return;
    }
    Listed next = new Listed(a.entity(), a.version(), a.type().summary(a.after()));
    loop.after(
        "directory",
        loop.between(Duration.ofMillis(1), LAG_MAX),
        () ->
            all.merge(
                a.entity(), next, (old, fresh) -> old.version() > fresh.version() ? old : fresh));
  }

  private List<Listed> of(String type) {
    return all.values().stream().filter(listed -> listed.entity().type().equals(type)).toList();
  }

  @Override
  public List<Candidate> stores(String region, String tier) {
    return of("store").stream()
        .filter(s -> s.word("state").equals("ready"))
        .filter(s -> s.word("region").equals(region) && s.word("tier").equals(tier))
        .map(s -> candidate(s, "homesMax"))
        .toList();
  }

  @Override
  public List<Candidate> pools(String region, String tier, String changelog) {
    return of("pool").stream()
        .filter(p -> p.word("state").equals("open") && p.word("changelog").equals(changelog))
        .filter(p -> p.word("region").equals(region) && p.word("tier").equals(tier))
        .map(p -> candidate(p, "membersMax"))
        .toList();
  }

  private static Candidate candidate(Listed listed, String max) {
    return new Candidate(
        listed.entity().id(),
        listed.summary().path("used").asLong() + listed.summary().path("reserved").asLong(),
        listed.summary().path(max).asLong());
  }

  private List<Listed> homes(String changelog) {
    List<Listed> homes = new ArrayList<>();
    for (Listed listed : all.values()) {
      boolean home =
          switch (listed.entity().type()) {
            case "tenant" ->
                LIVE.contains(listed.word("state")) && !listed.word("isolation").equals("pool");
            case "pool" -> OPEN.contains(listed.word("state"));
            default -> false;
          };
      if (home && listed.word("changelog").equals(changelog)) {
        homes.add(listed);
      }
    }
    return homes;
  }

  @Override
  public List<StoreCount> stores(String changelog, Selector selector) {
    Map<String, Long> counts = new TreeMap<>();
    homes(changelog).forEach(home -> counts.merge(home.word("store"), 1L, Long::sum));
    return counts.entrySet().stream().map(e -> new StoreCount(e.getKey(), e.getValue())).toList();
  }

  @Override
  public List<Entry> page(
      String changelog, Selector selector, String store, @Nullable String after, int limit) {
    Comparator<EntityRef> order =
        Comparator.comparing(EntityRef::id).thenComparing(EntityRef::toString);
    return homes(changelog).stream()
        .filter(home -> home.word("store").equals(store))
        .filter(home -> after == null || order.compare(home.entity(), EntityRef.parse(after)) > 0)
        .limit(limit)
        .map(home -> Homes.entry(home.entity(), home.summary()))
        .toList();
  }
}
