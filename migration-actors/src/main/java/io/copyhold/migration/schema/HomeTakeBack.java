package io.copyhold.migration.schema;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.changelog.Migration.Input;
import io.copyhold.tenants.changelog.SchemaVersion;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.Script;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes a home back to an earlier version: first it is made sure that every version on the way has
 * its undo script, then one step per version, the last one first. When one fails, the home stays at
 * the version before it, whole.
 */
public record HomeTakeBack(StepPorts ports) implements OperationType<Input> {
  @Override
  public String name() {
    return Migration.BACK;
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
    String to = input.back() == null ? SchemaVersion.NONE : input.back();
    List<String> versions = input.target().after(to);
    List<Step> steps = new ArrayList<>();
    steps.add(new CheckLedger(ports, input.home(), input.target()));
    steps.add(new CheckWay(ports, input.target(), versions));
    for (String version : versions.reversed()) {
      steps.add(new UndoScript(ports, input.home(), input.target(), version, input.epoch()));
    }
    steps.add(new SettleHome(ports, HomeOf.known(input.home()), input.epoch()));
    return steps;
  }

  /** Nothing is taken back where the way ends half-way. */
  private record CheckWay(StepPorts ports, Target target, List<String> versions) implements Step {
    @Override
    public String name() {
      return "way";
    }

    @Override
    public StepResult run(StepContext step) {
      for (String version : versions) {
        if (ports.scripts().undo(target, version).isEmpty()) {
          return StepResult.over(missing(target, version));
        }
      }
      return StepResult.done();
    }
  }

  /** Exactly once, whatever crashes: the script and the end of the ledger's row commit together. */
  private record UndoScript(
      StepPorts ports, HomeRef home, Target target, String version, long epoch) implements Step {
    @Override
    public String name() {
      return "undo-" + version;
    }

    @Override
    public StepResult run(StepContext step) {
      Script undo = ports.scripts().undo(target, version).orElse(null);
      return undo == null
          ? StepResult.over(missing(target, version))
          : StepResult.done(
              ports
                  .stores()
                  .get(home.store())
                  .undo(home, undo, Fence.of(step, epoch), ports.locks()));
    }
  }

  private static Problem missing(Target target, String version) {
    return Problem.conflict("undo-missing", "version " + version + " has no way back")
        .at("changelog/" + target.changelog())
        .todo("publish U" + version + "__….sql into the changelog, then roll back again");
  }
}
