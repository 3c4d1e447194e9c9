package io.copyhold.migration.tenant;

import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.placement.Claim;
import io.copyhold.tenants.placement.PlaceRequest;

/** Gives up a confirmed place at a store or pool. */
record ReleasePlace(Desk desk, String id, Claim claim) implements Step {
  @Override
  public String name() {
    return "release";
  }

  @Override
  public StepResult run(StepContext step) {
    return desk.ask(id, new PlaceRequest.Release(claim));
  }
}
