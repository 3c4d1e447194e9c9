package io.copyhold.migration.schema;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.store.Drift;
import io.copyhold.tenants.store.LedgerRow;
import io.copyhold.tenants.store.Script;
import java.util.List;

/**
 * Compares what the home's ledger says with the changelog, and its tables with what the last
 * migration left, before anything changes: an applied file whose content is another now, or a
 * change that somebody made by hand, stops the migration. Reads only.
 */
record CheckLedger(StepPorts ports, HomeRef home, Target target) implements Step {
  /** Lines of a difference that a problem shows; the rest is asked for. */
  private static final int LINES_MAX = 4;

  @Override
  public String name() {
    return "check";
  }

  @Override
  public StepResult run(StepContext step) {
    List<Script> scripts = ports.scripts().upTo(target);
    List<LedgerRow> ledger = ports.stores().get(home.store()).ledger(home);
    for (LedgerRow row : ledger) {
      if (row.baseline() || row.position() > scripts.size()) {
        continue;
      }
      Script script = scripts.get(row.position() - 1);
      if (!script.checksum().equals(row.checksum())) {
        return StepResult.over(
            Problem.conflict(
                    "checksum-changed",
                    row.file() + " was applied here with another content than the changelog has")
                .at(home + " " + row.file())
                .todo("find out who changed it; the ledger of the home shows when it was applied"));
      }
    }
    Drift drift = ports.stores().get(home.store()).drift(home);
    return drift.none()
        ? StepResult.done(new Found(ledger.size()))
        : StepResult.over(drifted(home, drift));
  }

  private static Problem drifted(HomeRef home, Drift drift) {
    int more = drift.added().size() + drift.removed().size() - LINES_MAX;
    return Problem.conflict(
            "shape-drifted",
            "somebody changed the home beside its changelog: "
                + String.join("; ", drift.lines(LINES_MAX))
                + (more > 0 ? "; and " + more + " more" : ""))
        .at(home.toString())
        .todo(
            "look at all of it with 'copyhold drift', then accept it there or take it back by hand");
  }

  /**
   * @param applied rows of the ledger
   */
  record Found(int applied) {}
}
