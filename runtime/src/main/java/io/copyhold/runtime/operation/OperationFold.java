package io.copyhold.runtime.operation;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.operation.Operation.Ended;
import io.copyhold.runtime.operation.Operation.Event;
import io.copyhold.runtime.operation.Operation.Running;
import io.copyhold.runtime.operation.Operation.Status;
import io.copyhold.runtime.operation.Operation.StepState;
import io.copyhold.runtime.operation.Operation.Wait;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fold of a running operation's events: the larger half of {@link Operation#evolve}. */
final class OperationFold {
  /** The code of an attempt that ended because it was asked to. */
  static final String STOPPED = "stopped";

  private OperationFold() {}

  static Operation fold(Running r, Event event) {
    return switch (event) {
      case Event.Started _ -> throw new IllegalStateException("started twice");
      case Event.AttemptStarted(var attempt, var term, var node, _, _, var at) -> {
        StepState s = r.step();
        StepState begun =
            new StepState(
                s.name(),
                r.undoing() ? s.status() : Status.ACTIVE,
                s.attempts() + 1,
                s.failures(),
                s.iteration(),
                s.done(),
                s.total(),
                s.checkpoint(),
                s.data());
        Running next = with(r, begun, new Wait.Attempt(attempt, term, node, at));
        yield new Running(
            next.plan(),
            next.startedAt(),
            next.undoing(),
            next.paused(),
            next.cancelling(),
            next.why(),
            next.current(),
            next.steps(),
            next.waiting(),
            attempt,
            null);
      }
      case Event.Progressed(var done, var total, var checkpoint) -> {
        StepState s = r.step();
        yield with(
            r,
            new StepState(
                s.name(),
                s.status(),
                s.attempts(),
                0,
                s.iteration(),
                done,
                total,
                checkpoint == null ? s.checkpoint() : checkpoint,
                s.data()),
            r.waiting());
      }
      case Event.StepDone(var data) -> {
        StepState s = r.step();
        StepState done =
            new StepState(
                s.name(),
                Status.DONE,
                s.attempts(),
                0,
                s.iteration(),
                s.total() > 0 ? s.total() : s.done(),
                s.total(),
                null,
                data);
        yield forward(with(r, done, new Wait.Ready()));
      }
      case Event.Approved(_, var data) -> {
        StepState s = r.step();
        StepState done =
            new StepState(
                s.name(), Status.DONE, s.attempts(), 0, s.iteration(), 0, 0, s.checkpoint(), data);
        yield forward(with(r, done, new Wait.Ready()));
      }
      case Event.StepUndone _ ->
          backward(with(r, r.step().with(Status.UNDONE), new Wait.Ready()), r.current() - 1);
      case Event.StepRepeats(var checkpoint, var due, var done, var total) -> {
        StepState s = r.step();
        StepState repeats =
            new StepState(
                s.name(),
                s.status(),
                s.attempts(),
                0,
                s.iteration() + 1,
                done,
                total,
                checkpoint,
                s.data());
        yield deferred(with(r, repeats, new Wait.Until(due, null)));
      }
      case Event.StepDeferred(var due, var problem, var failure) -> {
        StepState s = r.step();
        StepState later =
            new StepState(
                s.name(),
                s.status(),
                s.attempts(),
                failure ? s.failures() + 1 : s.failures(),
                s.iteration(),
                s.done(),
                s.total(),
                s.checkpoint(),
                s.data());
        yield deferred(
            with(r, later, new Wait.Until(due, problem.code().equals(STOPPED) ? null : problem)));
      }
      case Event.StepFailed(var problem) ->
          r.undoing()
              ? new Ended(
                  r.plan(),
                  r.startedAt(),
                  r.steps(),
                  new Outcome.FailedInRollback(
                      r.why() == null ? Problem.conflict("cancelled", "it was cancelled") : r.why(),
                      problem),
                  r.attempts())
              : undo(with(r, r.step().with(Status.FAILED), new Wait.Ready()), problem);
      case Event.GateReached(var signal, var prompt, var at) ->
          deferred(waiting(r, new Wait.Gate(signal, prompt, at)));
      case Event.CallsMade(var calls, var at) ->
          waiting(r, new Wait.Calling(r.attempts(), calls, at));
      case Event.ChildStarted(var id, var type, var input, var at) ->
          waiting(r, new Wait.Child(r.attempts(), id, type, input, at));
      case Event.Parked(var problem, var at) -> waiting(r, new Wait.Choice(problem, at));
      case Event.Chosen(var happened) -> {
        if (!happened) {
          yield waiting(r, new Wait.Ready());
        }
        yield r.undoing()
            ? backward(with(r, r.step().with(Status.UNDONE), new Wait.Ready()), r.current() - 1)
            : forward(with(r, r.step().with(Status.DONE), new Wait.Ready()));
      }
      case Event.LateCompletion _ -> r;
      case Event.Paused _ -> flags(r, true, r.cancelling());
      case Event.Resumed _ -> flags(r, false, r.cancelling());
      case Event.CancelRequested _ ->
          switch (r.waiting()) {
            case Wait.Attempt _, Wait.Calling _, Wait.Child _ -> flags(r, false, true);
            case Wait.Ready _, Wait.Until _, Wait.Gate _, Wait.Choice _, Wait.Definition _ ->
                undo(flags(r, false, true), null);
          };
      case Event.Retried _ -> waiting(r, new Wait.Ready());
      case Event.DefinitionMissing(var at) -> waiting(r, new Wait.Definition(at));
      case Event.Stalled(var proof, _) ->
          new Running(
              r.plan(),
              r.startedAt(),
              r.undoing(),
              r.paused(),
              r.cancelling(),
              r.why(),
              r.current(),
              r.steps(),
              r.waiting(),
              r.attempts(),
              proof);
      case Event.Ended(var outcome) ->
          new Ended(r.plan(), r.startedAt(), r.steps(), outcome, r.attempts());
    };
  }

  static Running resumeUndo(Ended ended, Problem why) {
    Running running =
        new Running(
            ended.plan(),
            ended.startedAt(),
            true,
            false,
            false,
            why,
            0,
            ended.steps(),
            new Wait.Ready(),
            ended.attempts(),
            null);
    return backward(running, ended.steps().size() - 1);
  }

  /** To the next step, or backward when a cancel came meanwhile. */
  private static Running forward(Running r) {
    Running next = at(r, r.current() + 1);
    return r.cancelling() ? undo(next, null) : next;
  }

  /** An attempt ended without finishing the step: a cancel that came meanwhile takes effect. */
  private static Running deferred(Running r) {
    return r.cancelling() && !r.undoing() ? undo(r, null) : r;
  }

  private static Running undo(Running r, @Nullable Problem why) {
    Running turned =
        new Running(
            r.plan(),
            r.startedAt(),
            true,
            false,
            r.cancelling(),
            why,
            r.current(),
            r.steps(),
            new Wait.Ready(),
            r.attempts(),
            null);
    return backward(turned, Math.min(r.current(), r.steps().size() - 1));
  }

  /**
   * To the last step at or before {@code from} that was begun and is not undone; -1 when there is
   * none.
   */
  private static Running backward(Running r, int from) {
    int i = from;
    while (i >= 0
        && (r.steps().get(i).status() == Status.PENDING
            || r.steps().get(i).status() == Status.UNDONE)) {
      i--;
    }
    return at(r, i);
  }

  private static Running at(Running r, int current) {
    return new Running(
        r.plan(),
        r.startedAt(),
        r.undoing(),
        r.paused(),
        r.cancelling(),
        r.why(),
        current,
        r.steps(),
        new Wait.Ready(),
        r.attempts(),
        null);
  }

  private static Running flags(Running r, boolean paused, boolean cancelling) {
    return new Running(
        r.plan(),
        r.startedAt(),
        r.undoing(),
        paused,
        cancelling,
        r.why(),
        r.current(),
        r.steps(),
        r.waiting(),
        r.attempts(),
        null);
  }

  private static Running waiting(Running r, Wait waiting) {
    return with(r, r.step(), waiting);
  }

  private static Running with(Running r, StepState step, Wait waiting) {
    List<StepState> steps = new ArrayList<>(r.steps());
    steps.set(r.current(), step);
    return new Running(
        r.plan(),
        r.startedAt(),
        r.undoing(),
        r.paused(),
        r.cancelling(),
        r.why(),
        r.current(),
        steps,
        waiting,
        r.attempts(),
        null);
  }
}
