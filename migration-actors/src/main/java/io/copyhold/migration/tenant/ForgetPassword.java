package io.copyhold.migration.tenant;

import io.copyhold.config.secret.SecretRef;
import io.copyhold.migration.schema.StepPorts;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;

/** Deletes the password of a login that is gone. */
record ForgetPassword(StepPorts ports, SecretRef ref) implements Step {
  @Override
  public String name() {
    return "forget-credentials";
  }

  @Override
  public StepResult run(StepContext step) {
    ports.secrets().delete(ref);
    return StepResult.done();
  }
}
