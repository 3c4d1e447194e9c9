package io.copyhold.migration.store;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.RetryPolicy;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.store.DataStores;
import io.copyhold.tenants.store.Store;
import io.copyhold.tenants.store.Store.CheckInput;
import io.copyhold.tenants.store.StoreAddress;
import io.copyhold.tenants.store.StoreReport;
import io.copyhold.tenants.store.StoreType;
import java.time.Duration;
import java.util.List;

/**
 * Checks a store: can it be reached, has the control role what it needs, and then makes it ready
 * for homes.
 */
public record StoreCheck(DataStores stores) implements OperationType<CheckInput> {
  /** Some ten seconds: whoever registers a store waits for the answer. */
  private static final RetryPolicy SOON =
      new RetryPolicy(6, Duration.ofMillis(250), Duration.ofSeconds(4));

  private static final int DEGRADED_MAX = 16;

  @Override
  public String name() {
    return StoreType.CHECK;
  }

  @Override
  public String version() {
    return "1.0.0";
  }

  @Override
  public Class<CheckInput> input() {
    return CheckInput.class;
  }

  @Override
  public List<Step> steps(CheckInput input) {
    return List.of(
        new Reach(stores, input.address()), new Privileges(), new Prepare(stores, input.address()));
  }

  /** Logs in and asks the server what it is. */
  private record Reach(DataStores stores, StoreAddress address) implements Step {
    @Override
    public String name() {
      return "reach";
    }

    @Override
    public RetryPolicy retry() {
      return SOON;
    }

    @Override
    public StepResult run(StepContext step) {
      return StepResult.done(stores.open(address).check());
    }
  }

  /** Refuses a store on which something is missing; pure. */
  private record Privileges() implements Step {
    @Override
    public String name() {
      return "privileges";
    }

    @Override
    public StepResult run(StepContext step) {
      StoreReport report = report(step);
      return report.usable() ? StepResult.done() : StepResult.over(report.missing().getFirst());
    }
  }

  /** Makes what all homes need; it stays, also when the store is never used. */
  private record Prepare(DataStores stores, StoreAddress address) implements Step {
    @Override
    public String name() {
      return StoreType.CHECK_RESULT;
    }

    @Override
    public RetryPolicy retry() {
      return SOON;
    }

    @Override
    public StepResult run(StepContext step) {
      stores.open(address).prepare();
      StoreReport report = report(step);
      return StepResult.done(
          new Store.Health.Ready(
              report.engine(),
              report.serverId(),
              report.degraded().stream().limit(DEGRADED_MAX).map(Problem::what).toList()));
    }
  }

  private static StoreReport report(StepContext step) {
    return Mappers.JSON.convertValue(step.data("reach"), StoreReport.class);
  }
}
