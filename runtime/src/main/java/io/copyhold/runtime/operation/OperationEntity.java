package io.copyhold.runtime.operation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import io.copyhold.runtime.operation.Operation.Command;
import io.copyhold.runtime.operation.Operation.Event;
import io.copyhold.runtime.operation.Operation.StepState;
import java.time.Instant;
import java.util.List;

/** An operation is journaled, replayed and listed like any entity; its id holds its owner. */
public final class OperationEntity implements EntityType<Operation, Command, Event> {
  public static final OperationEntity TYPE = new OperationEntity();

  private static final StoredTypes STORED =
      StoredTypes.of(EntityRef.OPERATION, Operation.class)
          .event("started", Event.Started.class)
          .event("attempt-started", Event.AttemptStarted.class)
          .event("progressed", Event.Progressed.class)
          .event("step-done", Event.StepDone.class)
          .event("step-undone", Event.StepUndone.class)
          .event("step-repeats", Event.StepRepeats.class)
          .event("step-deferred", Event.StepDeferred.class)
          .event("step-failed", Event.StepFailed.class)
          .event("gate-reached", Event.GateReached.class)
          .event("approved", Event.Approved.class)
          .event("calls-made", Event.CallsMade.class)
          .event("child-started", Event.ChildStarted.class)
          .event("parked", Event.Parked.class)
          .event("chosen", Event.Chosen.class)
          .event("late-completion", Event.LateCompletion.class)
          .event("paused", Event.Paused.class)
          .event("resumed", Event.Resumed.class)
          .event("cancel-requested", Event.CancelRequested.class)
          .event("retried", Event.Retried.class)
          .event("ended", Event.Ended.class)
          .event("definition-missing", Event.DefinitionMissing.class)
          .event("stalled", Event.Stalled.class)
          .command("start", Command.Start.class)
          .command("begin", Command.Begin.class)
          .command("progress", Command.Progress.class)
          .command("report-done", Command.ReportDone.class)
          .command("report-and-begin", Command.ReportAndBegin.class)
          .command("report-again", Command.ReportAgain.class)
          .command("report-not-now", Command.ReportNotNow.class)
          .command("report-over", Command.ReportOver.class)
          .command("report-gate", Command.ReportGate.class)
          .command("report-calls", Command.ReportCalls.class)
          .command("report-child", Command.ReportChild.class)
          .command("park", Command.Park.class)
          .command("pause", Command.Pause.class)
          .command("resume", Command.Resume.class)
          .command("cancel", Command.Cancel.class)
          .command("retry", Command.Retry.class)
          .command("approve", Command.Approve.class)
          .command("choose", Command.Choose.class)
          .command("await-definition", Command.AwaitDefinition.class)
          .command("stall", Command.Stall.class);

  private OperationEntity() {}

  @Override
  public String name() {
    return EntityRef.OPERATION;
  }

  @Override
  public Operation initial() {
    return new Operation.NotStarted();
  }

  @Override
  public Decision<Event> decide(Operation state, Command command, Instant now) {
    return Operation.decide(state, command, now);
  }

  @Override
  public Operation evolve(Operation state, Event event) {
    return Operation.evolve(state, event);
  }

  @Override
  public StoredTypes stored() {
    return STORED;
  }

  @Override
  public boolean exists(Operation state) {
    return !(state instanceof Operation.NotStarted);
  }

  @Override
  public JsonNode summary(Operation state) {
    ObjectNode node = Mappers.JSON.createObjectNode();
    switch (state) {
      case Operation.NotStarted _ -> node.put("state", "absent");
      case Operation.Running r -> {
        plan(node, r.plan(), r.startedAt());
        node.put("state", r.paused() ? "paused" : waiting(r));
        node.put("direction", r.undoing() ? "undoing" : "forward");
        StepState step = r.current() >= 0 && r.current() < r.steps().size() ? r.step() : null;
        if (step != null) {
          node.put("step", step.name());
          node.put("done", step.done());
          node.put("total", step.total());
          node.put("failures", step.failures());
        }
        steps(node, r.steps());
        if (r.stalled() != null) {
          node.put("stalled", true);
        }
        if (r.why() != null) {
          node.put("problem", r.why().toString());
        }
      }
      case Operation.Ended e -> {
        plan(node, e.plan(), e.startedAt());
        node.put("state", Operation.word(e.outcome()));
        steps(node, e.steps());
        switch (e.outcome()) {
          case Outcome.Undone(var problem) -> node.put("problem", problem.toString());
          case Outcome.FailedInRollback(var problem, var rollback) ->
              node.put("problem", problem + "; rollback: " + rollback);
          case Outcome.Done _, Outcome.Cancelled _ -> {}
        }
      }
    }
    return node;
  }

  @Override
  public JsonNode view(Operation state) {
    ObjectNode node = (ObjectNode) Mappers.tree(state, Operation.class);
    node.set("summary", summary(state));
    node.set("explain", Mappers.JSON.valueToTree(Explanation.of(state)));
    return node;
  }

  private static String waiting(Operation.Running running) {
    return switch (running.waiting()) {
      case Operation.Wait.Gate _, Operation.Wait.Choice _ -> "waiting";
      case Operation.Wait.Definition _ -> "stranded";
      case Operation.Wait.Until(_, var why)
          when why != null && why.code().equals(Operation.PERMIT) ->
          "waiting";
      case Operation.Wait.Until(_, var why) when why != null -> "retrying";
      case Operation.Wait.Ready _,
          Operation.Wait.Attempt _,
          Operation.Wait.Until _,
          Operation.Wait.Calling _,
          Operation.Wait.Child _ ->
          "running";
    };
  }

  private static void plan(ObjectNode node, Operation.Plan plan, Instant startedAt) {
    node.put("owner", plan.owner());
    node.put("operation", plan.id());
    node.put("type", plan.type());
    node.put("started", startedAt.toString());
  }

  private static void steps(ObjectNode node, List<StepState> steps) {
    node.put("steps", steps.size());
    node.put("stepsDone", steps.stream().filter(s -> s.status() == Operation.Status.DONE).count());
  }
}
