package io.copyhold.migration.tenant;

import io.copyhold.config.secret.SecretRef;
import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;

/**
 * Makes the password of a tenant's login, once, and keeps it sealed; the journal sees its name
 * only.
 */
record MakePassword(StepPorts ports, SecretRef ref) implements Step {
  @Override
  public String name() {
    return "credentials";
  }

  @Override
  public StepResult run(StepContext step) {
    ports.secrets().getOrPut(ref, ports.passwords());
    return StepResult.done();
  }

  @Override
  public StepResult undo(StepContext step) {
    ports.secrets().delete(ref);
    return StepResult.done();
  }
}
