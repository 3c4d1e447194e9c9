package io.copyhold.chaos.checker;

import io.copyhold.chaos.checker.Roll.Line;
import io.copyhold.chaos.checker.Roll.Step;
import io.copyhold.chaos.checker.Verdict.Finding;
import io.copyhold.runtime.EntityRef;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.placement.Reservations;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.tenant.Tenant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Places of stores and pools are never given away twice and never lost: at no version are more
 * taken than there are, and when nothing runs any more, as many are taken as there are homes.
 */
public final class Capacity {
  private static final String NAME = "capacity";

  private Capacity() {}

  private record Places(Reservations taken, long max) {}

  /**
   * @param quiet nothing runs any more, so that reservations and homes must agree
   */
  public static Verdict check(Roll roll, boolean quiet) {
    Finding finding = new Finding(NAME, "versions");
    Map<String, Integer> homes = homes(roll);
    for (Line line : roll.lines()) {
      for (Step step : line.steps()) {
        Places places = places(step.state());
        if (places != null) {
          finding.looked();
          long taken = places.taken().used() + places.taken().reserved();
          if (taken > places.max()) {
            finding.wrong(
                "%s has %d places and gave away %d at version %d"
                    .formatted(line.entity(), places.max(), taken, step.version()));
          }
        }
      }
      Places last = places(line.state());
      if (quiet && last != null) {
        int there = homes.getOrDefault(line.entity().toString(), 0);
        if (last.taken().holders() != there || !last.taken().open().isEmpty()) {
          finding.wrong(
              "%s counts %d homes and %d reservations, and has %d homes"
                  .formatted(
                      line.entity(), last.taken().holders(), last.taken().open().size(), there));
        }
      }
    }
    return finding.verdict();
  }

  private static @Nullable Places places(Object state) {
    return switch (state) {
      case Pool.Open pool -> new Places(pool.members(), pool.spec().membersMax());
      case Store.Registered store ->
          new Places(store.homes(), store.registration().capacity().homesMax());
      default -> null;
    };
  }

  /** How many homes there are, by the store or pool that gave them a place. */
  private static Map<String, Integer> homes(Roll roll) {
    Map<String, Integer> homes = new HashMap<>();
    for (Line line : roll.lines()) {
      EntityRef place =
          switch (line.state()) {
            case Tenant.Live live -> place(live.home().ref());
            case Tenant.Offboarding offboarding -> place(offboarding.home().ref());
            case Pool.Open pool -> new EntityRef("store", pool.spec().store());
            case Pool.Dropping pool -> new EntityRef("store", pool.spec().store());
            default -> null;
          };
      if (place != null) {
        homes.merge(place.toString(), 1, Integer::sum);
      }
    }
    return homes;
  }

  private static EntityRef place(HomeRef home) {
    return home.isolation() == Isolation.POOL
        ? new EntityRef("pool", home.name())
        : new EntityRef("store", home.store());
  }
}
