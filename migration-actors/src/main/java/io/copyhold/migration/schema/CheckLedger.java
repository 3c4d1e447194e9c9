package io.copyhold.migration.schema;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.store.LedgerRow;
import io.copyhold.tenants.store.Script;
import java.util.List;

/**
 * Compares what the home's ledger says with the changelog, before anything changes: an applied file
 * whose content is another now stops the migration. Reads only.
 */
record CheckLedger(StepPorts ports, HomeRef home, Target target) implements Step {
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
    return StepResult.done(new Found(ledger.size()));
  }

  /**
   * @param applied rows of the ledger
   */
  record Found(int applied) {}
}
