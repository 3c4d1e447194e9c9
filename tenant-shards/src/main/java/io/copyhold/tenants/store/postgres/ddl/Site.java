package io.copyhold.tenants.store.postgres.ddl;

import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.LockPolicy;

/**
 * Which home is changed, on whose behalf, and how patiently.
 *
 * @param fence must pass in every transaction
 * @param locks how long each try may wait, and all of them
 * @param blockers what is done about those in the way
 */
public record Site(Place place, Fence fence, LockPolicy locks, BlockerPolicy blockers) {
  /** Half a minute of patience, and nobody is ended. */
  public static Site of(Place place, Fence fence) {
    return new Site(place, fence, LockPolicy.DEFAULT, BlockerPolicy.WAIT);
  }
}
