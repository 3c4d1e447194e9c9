package io.copyhold.chaos.simulation;

import io.copyhold.chaos.simulation.Happening.Appended;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.operation.Operation;
import io.copyhold.runtime.operation.Operation.Ended;
import io.copyhold.runtime.operation.Operation.Status;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An operation that ended is done or undone and not half of each, and its owner journals that
 * outcome: what it wanted vanishes only through its end.
 */
final class NeverBothDoneAndUndone implements Invariant {
  private final Truth truth;

  NeverBothDoneAndUndone(Truth truth) {
    this.truth = truth;
  }

  @Override
  public @Nullable String violatedBy(Happening happening) {
    if (!(happening instanceof Appended a)) {
      return null;
    }
    return a.after() instanceof Ended ended ? steps(a, ended) : owner(a);
  }

  private static @Nullable String steps(Appended a, Ended ended) {
    for (Operation.StepState step : ended.steps()) {
      boolean fits =
          switch (ended.outcome()) {
            case Outcome.Done _ -> step.status() == Status.DONE;
            case Outcome.Undone _, Outcome.Cancelled _ ->
                step.status() == Status.UNDONE || step.status() == Status.PENDING;
            case Outcome.FailedInRollback _ -> true;
          };
      if (!fits) {
        return "%s ended %s, and its step %s is %s"
            .formatted(a.entity(), ended.outcome(), step.name(), step.status());
      }
    }
    return null;
  }

  private @Nullable String owner(Appended a) {
    List<String> still = a.type().operations(a.after()).stream().map(OperationRequest::id).toList();
    for (OperationRequest request : a.type().operations(a.before())) {
      if (still.contains(request.id())) {
        continue;
      }
      if (!(truth.get(a.entity().operation(request.id())).state() instanceof Ended ended)) {
        return "%s no longer wants %s, which has not ended".formatted(a.entity(), request.id());
      }
      if (!expected(a.type(), a, request.id(), ended.outcome())) {
        return "%s journaled %s, and %s ended %s"
            .formatted(a.entity(), a.event().event(), request.id(), ended.outcome());
      }
    }
    return null;
  }

  /** Whether the event is what the rules make of the outcome. */
  private static boolean expected(
      EntityType<Object, Object, Object> type, Appended a, String operation, Outcome outcome) {
    Optional<Object> command = type.settle(a.before(), operation, outcome);
    return command.isPresent()
        && type.decide(a.before(), command.get(), a.event().at())
            instanceof Decision.Accept<Object>(var events)
        && events.contains(a.event().event());
  }
}
