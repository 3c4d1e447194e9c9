package io.copyhold.runtime.replay;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.operation.Operation;
import io.copyhold.runtime.operation.Operation.Command;
import io.copyhold.runtime.operation.Operation.Event;
import io.copyhold.runtime.operation.Operation.Running;
import io.copyhold.runtime.operation.Operation.Wait;
import io.copyhold.runtime.operation.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What an operation was told when an event of it was recorded: its effect's answer, as a command.
 */
final class ShadowOperation {
  /** What a step said when it was asked to stop. */
  private static final String STOPPED = "stopped";

  /** The recorded wait, and no failure too many. */
  private static final RetryPolicy AS_RECORDED =
      new RetryPolicy(Integer.MAX_VALUE, Duration.ZERO, Duration.ZERO);

  private ShadowOperation() {}

  /**
   * The command that led to the event; null where only the fold is compared.
   *
   * @param operation before the event
   */
  static @Nullable Command command(Operation operation, Event event, Instant at) {
    long attempt = operation instanceof Running running ? attempt(running.waiting()) : 0;
    return switch (event) {
      case Event.Started(var plan, _) -> new Command.Start(plan);
      case Event.AttemptStarted(_, var term, var node, _, _, _) ->
          new Command.Begin(node, term, attempt);
      case Event.Progressed(var done, var total, var checkpoint) ->
          new Command.Progress(attempt, done, total, checkpoint);
      case Event.StepDone(var data) -> new Command.ReportDone(attempt, data);
      case Event.StepUndone _ -> new Command.ReportDone(attempt, null);
      case Event.StepRepeats(var checkpoint, var due, var done, var total) ->
          new Command.ReportAgain(attempt, checkpoint, Duration.between(at, due), done, total);
      case Event.StepDeferred(var due, var problem, _) ->
          new Command.ReportNotNow(
              attempt, Duration.between(at, due), problem, stopped(problem), AS_RECORDED, 0);
      case Event.StepFailed(var problem) -> new Command.ReportOver(attempt, problem);
      case Event.GateReached(var signal, var prompt, _) ->
          new Command.ReportGate(attempt, signal, prompt);
      case Event.Approved(var signal, var data) -> new Command.Approve(signal, data);
      case Event.CallsMade(var calls, _) -> new Command.ReportCalls(attempt, calls);
      case Event.ChildStarted(var id, var type, var input, _) ->
          new Command.ReportChild(attempt, id, type, input);
      case Event.Parked(var problem, _) -> new Command.Park(problem);
      case Event.Chosen(var happened) -> new Command.Choose(happened);
      case Event.Paused _ -> new Command.Pause();
      case Event.Resumed _ -> new Command.Resume();
      case Event.CancelRequested _ -> new Command.Cancel();
      case Event.Retried _ -> new Command.Retry();
      case Event.DefinitionMissing _ -> new Command.AwaitDefinition(Long.MAX_VALUE);
      case Event.Stalled(var proof, _) -> new Command.Stall(proof);
      case Event.LateCompletion _, Event.Ended _ -> null;
    };
  }

  /** When it was decided, as exactly as the event itself tells. */
  static Instant time(Event event, Instant stored) {
    return switch (event) {
      case Event.Started(_, var at) -> at;
      case Event.AttemptStarted(_, _, _, _, _, var at) -> at;
      case Event.GateReached(_, _, var at) -> at;
      case Event.CallsMade(_, var at) -> at;
      case Event.ChildStarted(_, _, _, var at) -> at;
      case Event.Parked(_, var at) -> at;
      case Event.DefinitionMissing(var at) -> at;
      case Event.Stalled(_, var at) -> at;
      case Event.Progressed _,
          Event.StepDone _,
          Event.StepUndone _,
          Event.StepRepeats _,
          Event.StepDeferred _,
          Event.StepFailed _,
          Event.Approved _,
          Event.Chosen _,
          Event.LateCompletion _,
          Event.Paused _,
          Event.Resumed _,
          Event.CancelRequested _,
          Event.Retried _,
          Event.Ended _ ->
          stored;
    };
  }

  private static boolean stopped(Problem problem) {
    return problem.code().equals(STOPPED);
  }

  private static long attempt(Wait wait) {
    return switch (wait) {
      case Wait.Attempt a -> a.attempt();
      case Wait.Calling c -> c.attempt();
      case Wait.Child c -> c.attempt();
      case Wait.Ready _, Wait.Until _, Wait.Gate _, Wait.Choice _, Wait.Definition _ -> 0;
    };
  }

  /** The operation that a principal names, or null. */
  static @Nullable EntityRef principal(String principal) {
    String prefix = "operation:";
    return principal.startsWith(prefix)
        ? new EntityRef(EntityRef.OPERATION, principal.substring(prefix.length()))
        : null;
  }
}
