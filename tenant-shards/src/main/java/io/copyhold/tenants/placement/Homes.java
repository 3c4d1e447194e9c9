package io.copyhold.tenants.placement;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.tenants.Fields;
import io.copyhold.tenants.changelog.SchemaVersion;
import io.copyhold.tenants.isolation.Isolation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Port to the list of homes: pools, and tenants with a home of their own. It may be a little
 * behind; who asks the owner learns the truth. Blocks.
 */
public interface Homes {
  /** The most homes a {@link #page} may hold. */
  int PAGE_MAX = 256;

  /**
   * Which homes; empty lists select all.
   *
   * @param plans null for all; a pool has no plan, so that any leaves pools out
   * @param stores null for all
   */
  record Selector(
      List<String> owners,
      List<String> tags,
      List<String> regions,
      List<String> tiers,
      List<Isolation> isolations,
      @Nullable List<String> plans,
      @Nullable List<String> stores) {
    public static final int OWNERS_MAX = 256;

    public static final Selector ALL =
        new Selector(List.of(), List.of(), List.of(), List.of(), List.of());

    public Selector(
        List<String> owners,
        List<String> tags,
        List<String> regions,
        List<String> tiers,
        List<Isolation> isolations) {
      this(owners, tags, regions, tiers, isolations, null, null);
    }

    public Selector {
      owners = Fields.sorted(owners);
      tags = Fields.sorted(tags);
      regions = Fields.sorted(regions);
      tiers = Fields.sorted(tiers);
      isolations = isolations == null ? List.of() : List.copyOf(isolations);
      plans = plans == null || plans.isEmpty() ? null : Fields.sorted(plans);
      stores = stores == null || stores.isEmpty() ? null : Fields.sorted(stores);
    }

    /** Whether it takes this home: one of each list that is not empty, and of tags any. */
    public boolean takes(Entry home) {
      Traits traits = home.traits();
      return (owners.isEmpty() || owners.contains(home.owner().toString()))
          && (tags.isEmpty() || traits.tags().stream().anyMatch(tags::contains))
          && (regions.isEmpty() || regions.contains(traits.region()))
          && (tiers.isEmpty() || tiers.contains(traits.tier()))
          && (isolations.isEmpty() || isolations.contains(traits.isolation()))
          && (plans == null || plans.contains(traits.plan()))
          && (stores == null || stores.contains(home.store()));
    }

    public Optional<Problem> flaw() {
      Fields fields =
          Fields.check().range("selector.owners", owners.size(), 0, OWNERS_MAX).tags(tags);
      owners.forEach(owner ->
          fields.that(
              owner.matches("(tenant|pool)/[a-z0-9-]{2,40}"),
              "selector.owners",
              "owner-form",
              "an owner is a tenant or a pool",
              "write it like tenant/acme or pool/shared"));
      regions.forEach(region -> fields.word("selector.regions", region));
      tiers.forEach(tier -> fields.word("selector.tiers", tier));
      each(plans).forEach(plan -> fields.word("selector.plans", plan));
      each(stores).forEach(store -> fields.id("selector.stores", store));
      return fields.problem();
    }

    private static List<String> each(@Nullable List<String> words) {
      return words == null ? List.of() : words;
    }
  }

  /**
   * A home as the directory has it.
   *
   * @param owner {@code tenant/acme} or {@code pool/shared}
   * @param version it has
   * @param failedRequest the request of its last migration, if that failed
   * @param cause why it failed: {@link io.copyhold.tenants.changelog.Migration.Failure#cause}
   * @param arrivedBy the request that brought it to its version, if one did
   */
  record Entry(
      EntityRef owner,
      String store,
      String version,
      @Nullable String failedRequest,
      @Nullable String cause,
      @Nullable String arrivedBy,
      Traits traits) {}

  /**
   * What a selector asks for.
   *
   * @param name of the home in its store
   * @param plan empty for a pool
   */
  record Traits(
      String name,
      Isolation isolation,
      String plan,
      String region,
      String tier,
      List<String> tags) {
    public Traits {
      tags = List.copyOf(tags);
    }

    /** From the summary of a tenant or a pool. */
    public static Traits of(JsonNode summary) {
      String home = summary.path("home").asText();
      List<String> tags = new ArrayList<>();
      summary.path("tags").forEach(tag -> tags.add(tag.asText()));
      return new Traits(
          home.substring(home.lastIndexOf('/') + 1),
          Isolation.valueOf(summary.path("isolation").asText("schema").toUpperCase(Locale.ROOT)),
          summary.path("plan").asText(),
          summary.path("region").asText(),
          summary.path("tier").asText(),
          tags);
    }
  }

  /** From the summary of a tenant or a pool. */
  static Entry entry(EntityRef owner, JsonNode summary) {
    return new Entry(
        owner,
        summary.path("store").asText(),
        summary.path("schemaVersion").asText(SchemaVersion.NONE),
        text(summary, "failedRequest"),
        text(summary, "cause"),
        text(summary, "arrivedBy"),
        Traits.of(summary));
  }

  private static @Nullable String text(JsonNode summary, String field) {
    return summary.hasNonNull(field) ? summary.get(field).asText() : null;
  }

  /** How many homes of a store follow the changelog and are selected. */
  record StoreCount(String store, long homes) {}

  /** All stores that have such homes, by id. */
  List<StoreCount> stores(String changelog, Selector selector);

  /**
   * The next homes of a store, by the owner's id.
   *
   * @param after the last owner seen, or null to begin
   * @param limit 1 to {@value #PAGE_MAX}
   */
  List<Entry> page(
      String changelog, Selector selector, String store, @Nullable String after, int limit);
}
