package io.copyhold.chaos.checker;

import static io.copyhold.chaos.checker.Sample.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.journal.Feed;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.placement.Claim;
import io.copyhold.tenants.placement.PlaceEntry;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.tenant.Home;
import io.copyhold.tenants.tenant.TenantEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CapacityTest {
  private static final EntityRef POOL = new EntityRef("pool", "tight");
  private static final Claim ACME = new Claim("tenant/acme", 1, 1);
  private static final Claim BIRCH = new Claim("tenant/birch", 1, 1);

  /** A pool with a single place. */
  private static List<Feed.Entry> pool(PlaceEntry... places) {
    List<Feed.Entry> entries = new ArrayList<>();
    entries.add(
        entry(
            POOL,
            1,
            new Pool.Event.CreateStarted(
                new Pool.Spec(
                    "tight",
                    "store-a",
                    "local",
                    "standard",
                    new Target("invoicing", "3", List.of("1", "2", "3"), true, "0".repeat(64)),
                    1,
                    List.of()),
                1)));
    entries.add(entry(POOL, 2, new Pool.Event.Created(1)));
    for (PlaceEntry place : places) {
      entries.add(entry(POOL, entries.size() + 1, new Pool.Event.Placed(place)));
    }
    return entries;
  }

  private static PlaceEntry reserved(Claim claim) {
    return new PlaceEntry.Reserved(claim, Instant.MAX);
  }

  private static List<Violation> violations(List<Feed.Entry> entries, boolean quiet) {
    return Capacity.check(Roll.of(entries, Sample.TYPES), quiet).violations();
  }

  private static List<Feed.Entry> withMember(List<Feed.Entry> entries) {
    List<Feed.Entry> all = new ArrayList<>(entries);
    all.add(entry(Sample.ACME, 1, Sample.ONBOARDING));
    all.add(
        entry(
            Sample.ACME,
            2,
            new TenantEvent.Provisioned(
                1,
                new Home(
                    new HomeRef("store-a", Isolation.POOL, "tight"),
                    1,
                    "invoicing",
                    null,
                    1,
                    false))));
    return all;
  }

  @Test
  void asManyPlacesAreTakenAsThereAreHomes() {
    assertThat(violations(withMember(pool(reserved(ACME), new PlaceEntry.Confirmed(ACME))), true))
        .isEmpty();
  }

  @Test
  void aPlaceThatIsGivenAwayTwiceIsSeen() {
    assertThat(violations(pool(reserved(ACME), reserved(BIRCH)), false)).hasSize(1);
  }

  @Test
  void aReservationThatNobodyEndsIsALeak() {
    assertThat(violations(pool(reserved(ACME)), true)).hasSize(1);
    assertThat(violations(pool(reserved(ACME)), false)).isEmpty();
  }

  @Test
  void aPlaceWhoseTenantIsNotThereIsALeak() {
    assertThat(violations(pool(reserved(ACME), new PlaceEntry.Confirmed(ACME)), true)).hasSize(1);
  }

  @Test
  void aTenantWithoutAPlaceIsSeen() {
    assertThat(violations(withMember(pool()), true)).hasSize(1);
  }
}
