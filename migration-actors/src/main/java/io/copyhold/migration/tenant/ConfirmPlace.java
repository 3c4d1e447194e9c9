package io.copyhold.migration.tenant;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.tenants.placement.Claim;
import io.copyhold.tenants.placement.PlaceRequest;
import io.copyhold.tenants.tenant.TenantType;
import java.util.List;
import java.util.function.Function;

/**
 * Takes the reserved place for good. Undone by the step that reserved it.
 *
 * @param result the operation's data; pure
 */
record ConfirmPlace(Desk desk, Claim claim, Function<StepContext, Object> result) implements Step {
  @Override
  public String name() {
    return TenantType.HOME_RESULT;
  }

  @Override
  public StepResult run(StepContext step) {
    return desk.ask(TakePlace.of(step).id(), new PlaceRequest.Confirm(claim));
  }

  @Override
  public StepResult answered(StepContext step, List<Reply> replies) {
    return replies.getFirst() instanceof Reply.Refused(Problem problem)
        ? StepResult.over(problem)
        : StepResult.done(result.apply(step));
  }
}
