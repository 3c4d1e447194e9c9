package io.copyhold.migration.schema;

import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.Step;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.changelog.Migration.Input;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes a home to a version: compare ledger and shape, a step per file, verify the isolation. When
 * a file fails, the home stays at the version before it, whole.
 */
public record HomeMigrate(StepPorts ports) implements OperationType<Input> {
  @Override
  public String name() {
    return Migration.OPERATION;
  }

  @Override
  public String version() {
    return "1.0.0";
  }

  @Override
  public Class<Input> input() {
    return Input.class;
  }

  @Override
  public List<Step> steps(Input input) {
    HomeOf home = HomeOf.known(input.home());
    List<Step> steps = new ArrayList<>();
    steps.add(new CheckLedger(ports, input.home(), input.target()));
    steps.addAll(ApplyScript.all(ports, home, input.target(), input.from(), input.epoch()));
    steps.add(new SettleHome(ports, home, input.epoch()));
    return steps;
  }
}
