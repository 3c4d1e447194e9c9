package io.copyhold.chaos.simulation;

import io.copyhold.chaos.simulation.Happening.Appended;
import io.copyhold.tenants.placement.Reservations;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.store.Store;
import org.jspecify.annotations.Nullable;

/** Stores and pools grant what they have, and stores hold no more homes than that. */
final class CapacityNeverExceeded implements Invariant {
  private final Truth truth;
  private final SimStores stores;

  CapacityNeverExceeded(Truth truth, SimStores stores) {
    this.truth = truth;
    this.stores = stores;
  }

  @Override
  public @Nullable String violatedBy(Happening happening) {
    return switch (happening) {
      case Appended a when a.after() instanceof Store.Registered r ->
          granted(a, r.homes(), r.registration().capacity().homesMax());
      case Appended a when a.after() instanceof Pool.Open p ->
          granted(a, p.members(), p.spec().membersMax());
      case Happening.Effected(var home, _, _) -> homes(home.store());
      default -> null;
    };
  }

  private static @Nullable String granted(Appended a, Reservations places, long max) {
    long taken = places.used() + places.reserved();
    return taken > max ? "%s granted %d of %d places".formatted(a.entity(), taken, max) : null;
  }

  private @Nullable String homes(String store) {
    int homes = stores.store(store).homes().size();
    return truth.get(new io.copyhold.runtime.EntityRef("store", store)).state()
                instanceof Store.Registered r
            && homes > r.registration().capacity().homesMax()
        ? "store %s holds %d homes and has %d places"
            .formatted(store, homes, r.registration().capacity().homesMax())
        : null;
  }
}
