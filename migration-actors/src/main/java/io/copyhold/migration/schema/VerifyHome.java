package io.copyhold.migration.schema;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import java.util.List;

/** Refuses a home in which one tenant could see or change what is another's. Reads only. */
public record VerifyHome(StepPorts ports, HomeOf home) implements Step {
  @Override
  public String name() {
    return "verify";
  }

  @Override
  public StepResult run(StepContext step) {
    var where = home.of(step);
    List<Problem> problems = ports.stores().get(where.store()).verifyIsolation(where);
    return problems.isEmpty() ? StepResult.done() : StepResult.over(problems.getFirst());
  }
}
