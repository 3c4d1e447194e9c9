package io.copyhold.http.admin;

import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.store.Drift;

/** Port to what somebody has changed in a home beside its changelog. Blocks. */
@FunctionalInterface
public interface Shapes {
  /**
   * @throws io.copyhold.runtime.ProblemException when the store cannot be read
   */
  Drift drift(HomeRef home);
}
