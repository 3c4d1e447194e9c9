package io.copyhold.migration.schema;

import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.store.Applied;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.Script;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs one file of the changelog in a home. Exactly once, whatever crashes: the file and its row in
 * the home's ledger commit together. Nothing to undo: what failed left nothing, and what went
 * through stays.
 */
public record ApplyScript(StepPorts ports, HomeOf home, Target target, String version, long epoch)
    implements Step {

  /** A step for each version after {@code from}. */
  public static List<Step> all(
      StepPorts ports, HomeOf home, Target target, String from, long epoch) {
    List<Step> steps = new ArrayList<>();
    for (String version : target.after(from)) {
      steps.add(new ApplyScript(ports, home, target, version, epoch));
    }
    return steps;
  }

  @Override
  public String name() {
    return "apply-" + version;
  }

  @Override
  public StepResult run(StepContext step) {
    Script script = ports.scripts().upTo(target).get(target.position(version) - 1);
    var where = home.of(step);
    Applied applied =
        ports
            .stores()
            .get(where.store())
            .apply(where, script, Fence.of(step, epoch), ports.locks());
    return StepResult.done(applied);
  }
}
