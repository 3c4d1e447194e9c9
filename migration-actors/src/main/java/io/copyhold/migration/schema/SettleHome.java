package io.copyhold.migration.schema;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.store.DataStore;
import io.copyhold.tenants.store.Fence;
import java.util.List;

/**
 * The end of a migration: refuses a home in which one tenant could see or change what is another's,
 * and remembers the home's shape, so that a later change by somebody else shows.
 */
public record SettleHome(StepPorts ports, HomeOf home, long epoch) implements Step {
  @Override
  public String name() {
    return "verify";
  }

  @Override
  public StepResult run(StepContext step) {
    var where = home.of(step);
    DataStore store = ports.stores().get(where.store());
    List<Problem> problems = store.verifyIsolation(where);
    if (!problems.isEmpty()) {
      return StepResult.over(problems.getFirst());
    }
    store.remember(where, null, Fence.of(step, epoch));
    return StepResult.done();
  }
}
