package io.copyhold.tenants.placement;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.tenants.Fields;
import io.copyhold.tenants.isolation.Isolation;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Port to the list of homes: pools, and tenants with a home of their own. It may be a little
 * behind; who asks the owner learns the truth. Blocks.
 */
public interface Homes {
  /** The most homes a {@link #page} may hold. */
  int PAGE_MAX = 256;

  /** Which homes; empty lists select all. */
  record Selector(
      List<String> owners,
      List<String> tags,
      List<String> regions,
      List<String> tiers,
      List<Isolation> isolations) {
    public static final int OWNERS_MAX = 256;

    public static final Selector ALL =
        new Selector(List.of(), List.of(), List.of(), List.of(), List.of());

    public Selector {
      owners = Fields.sorted(owners);
      tags = Fields.sorted(tags);
      regions = Fields.sorted(regions);
      tiers = Fields.sorted(tiers);
      isolations = isolations == null ? List.of() : List.copyOf(isolations);
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
      return fields.problem();
    }
  }

  /**
   * A home as the directory has it.
   *
   * @param owner {@code tenant/acme} or {@code pool/shared}
   * @param version it has
   * @param failedRequest the request of its last migration, if that failed
   */
  record Entry(EntityRef owner, String store, String version, @Nullable String failedRequest) {}

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
