package io.copyhold.migration.tenant;

import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.placement.PlaceRequest;
import io.copyhold.tenants.pool.Pool;
import io.copyhold.tenants.pool.PoolType;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.store.StoreType;
import java.time.Duration;

/** Whom a tenant or pool asks for its place: a store, or a pool. */
enum Desk {
  STORE,
  POOL;

  /** A reservation outlives an operation that waits for a server over a night. */
  static final Duration HOLD = Duration.ofDays(1);

  StepResult ask(String id, PlaceRequest request) {
    return switch (this) {
      case STORE -> StepResult.call(StoreType.ref(id), new Store.Command.Place(request));
      case POOL -> StepResult.call(PoolType.ref(id), new Pool.Command.Place(request));
    };
  }
}
