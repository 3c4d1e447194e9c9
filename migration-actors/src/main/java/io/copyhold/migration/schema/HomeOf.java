package io.copyhold.migration.schema;

import io.copyhold.runtime.operation.StepContext;
import io.copyhold.tenants.isolation.HomeRef;

/** Where a step's home is: known from the start, or chosen by an earlier step. Pure. */
@FunctionalInterface
public interface HomeOf {
  HomeRef of(StepContext step);

  static HomeOf known(HomeRef home) {
    return _ -> home;
  }
}
