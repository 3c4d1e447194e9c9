package io.copyhold.runtime.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.Digest;
import io.copyhold.runtime.entity.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The life of an operation as a pure state machine. Forward it runs step after step; when one is
 * over, or on cancel, it runs backward and undoes every step that was begun, the last one first.
 *
 * <pre>
 *   ready ──Begin──▶ attempt ──done──▶ ready (next step) ... ──▶ ended
 *     ▲                 │ not now ──▶ until t ──(time)──▶ ready
 *     │                 │ again   ──▶ until t, next iteration
 *     │                 │ gate    ──▶ gate ──Approve──▶ ready (next step)
 *     │                 │ calls   ──▶ calling ──answers──▶ as if the attempt had said it
 *     │                 │ run     ──▶ child ──its outcome──▶ done or over
 *     └─── lost: its node died; Begin starts the next attempt, of a higher token
 * </pre>
 *
 * Only the current attempt is believed. What a late one says is journaled as late and changes
 * nothing.
 */
public sealed interface Operation {
  /** The code of a problem that says: no permit of what the step needs became free in time. */
  String PERMIT = "budget-exhausted";

  /** Nothing is known of it yet. */
  record NotStarted() implements Operation {}

  /**
   * In its course.
   *
   * @param attempts begun in all; the second half of the fencing token
   * @param why it runs backward; null when forward or when cancelled
   * @param stalled why what it waits for cannot come, as a sweep found it; gone with the next event
   */
  record Running(
      Plan plan,
      Instant startedAt,
      boolean undoing,
      boolean paused,
      boolean cancelling,
      @Nullable Problem why,
      int current,
      List<StepState> steps,
      Wait waiting,
      long attempts,
      @Nullable Problem stalled)
      implements Operation {
    public Running {
      steps = List.copyOf(steps);
    }

    StepState step() {
      return steps.get(current);
    }

    /** A cancel came and waits for the step to stop; undoing goes on in spite of it. */
    boolean winding() {
      return cancelling && !undoing;
    }
  }

  /** It came to an end, and stays to be read. */
  record Ended(Plan plan, Instant startedAt, List<StepState> steps, Outcome outcome, long attempts)
      implements Operation {
    public Ended {
      steps = List.copyOf(steps);
    }
  }

  /**
   * What it is to do, fixed at its start.
   *
   * @param owner {@code tenant/acme}
   * @param id within the owner: {@code provision/1}
   * @param steps their names, in order
   * @param traceparent W3C trace context of the request that led to it, or null
   */
  record Plan(
      String owner,
      String id,
      String type,
      String version,
      JsonNode input,
      List<String> steps,
      @Nullable String traceparent) {
    public Plan {
      steps = List.copyOf(steps);
    }
  }

  /** How far a step is. */
  enum Status {
    PENDING,
    ACTIVE,
    DONE,
    UNDONE,
    FAILED
  }

  /**
   * One step's story so far.
   *
   * @param failures in a row; the retry policy counts them
   * @param total 0 when unknown
   */
  record StepState(
      String name,
      Status status,
      int attempts,
      int failures,
      int iteration,
      long done,
      long total,
      @Nullable JsonNode checkpoint,
      @Nullable JsonNode data) {
    static StepState pending(String name) {
      return new StepState(name, Status.PENDING, 0, 0, 0, 0, 0, null, null);
    }

    StepState with(Status next) {
      return new StepState(name, next, attempts, 0, iteration, done, total, checkpoint, data);
    }
  }

  /** What a running operation waits for; there is always exactly one. */
  sealed interface Wait {
    /** For its runner to begin. */
    record Ready() implements Wait {}

    /** For an attempt that runs on a node. */
    record Attempt(long attempt, long term, String node, Instant since) implements Wait {}

    /** For a time. */
    record Until(Instant due, @Nullable Problem why) implements Wait {}

    /** For a person's or a program's approval. */
    record Gate(String signal, String prompt, Instant since) implements Wait {}

    /** For answers of other entities. */
    record Calling(long attempt, List<StoredCall> calls, Instant since) implements Wait {
      public Calling {
        calls = List.copyOf(calls);
      }
    }

    /** For another operation. */
    record Child(long attempt, String id, String type, JsonNode input, Instant since)
        implements Wait {}

    /** For an operator's choice: whether an effect happened is not known. */
    record Choice(Problem problem, Instant since) implements Wait {}

    /** For a node that can run the version of its definition. */
    record Definition(Instant since) implements Wait {}
  }

  /** A call as it is journaled. */
  record StoredCall(String entity, String manifest, JsonNode command) {}

  /** What is asked of it: by its runner (first group) and by people (second group). */
  sealed interface Command {
    record Start(Plan plan) implements Command {}

    /**
     * @param lost the attempt that it replaces, begun by a runner that is gone; 0 for none. One of
     *     an earlier term is replaced in any case
     */
    record Begin(String node, long term, long lost) implements Command {}

    record Progress(long attempt, long done, long total, @Nullable JsonNode checkpoint)
        implements Command {}

    record ReportDone(long attempt, @Nullable JsonNode data) implements Command {}

    /**
     * A report and, when the next attempt may begin at once, its intent: stored together, so that a
     * step costs one write and not two.
     */
    record ReportAndBegin(Command report, Begin begin) implements Command {}

    record ReportAgain(long attempt, JsonNode checkpoint, Duration after, long done, long total)
        implements Command {}

    /**
     * @param stopped the attempt was asked to stop: no failure
     * @param jitter 0 to 1
     */
    record ReportNotNow(
        long attempt,
        Duration after,
        Problem problem,
        boolean stopped,
        RetryPolicy policy,
        double jitter)
        implements Command {}

    record ReportOver(long attempt, Problem problem) implements Command {}

    record ReportGate(long attempt, String signal, String prompt) implements Command {}

    record ReportCalls(long attempt, List<StoredCall> calls) implements Command {}

    record ReportChild(long attempt, String id, String type, JsonNode input) implements Command {}

    record Park(Problem problem) implements Command {}

    /** This node cannot run it: instead of {@link Begin}, and when that would begin. */
    record AwaitDefinition(long term) implements Command {}

    /** A sweep found that what it waits for cannot come. */
    record Stall(Problem proof) implements Command {}

    record Pause() implements Command {}

    record Resume() implements Command {}

    record Cancel() implements Command {}

    /** Stop waiting for a time, or go on with an undo that was given up. */
    record Retry() implements Command {}

    record Approve(String signal, @Nullable JsonNode data) implements Command {}

    /**
     * @param happened the effect of unknown outcome did happen: go on; otherwise run it again
     */
    record Choose(boolean happened) implements Command {}
  }

  /** What happened to it. */
  sealed interface Event {
    record Started(Plan plan, Instant at) implements Event {}

    /** The intent: journaled before the effect. */
    record AttemptStarted(
        long attempt, long term, String node, String step, boolean undo, Instant at)
        implements Event {}

    record Progressed(long done, long total, @Nullable JsonNode checkpoint) implements Event {}

    record StepDone(@Nullable JsonNode data) implements Event {}

    record StepUndone() implements Event {}

    record StepRepeats(JsonNode checkpoint, Instant due, long done, long total) implements Event {}

    record StepDeferred(Instant due, Problem problem, boolean failure) implements Event {}

    /** The step is over: from here on it runs backward. */
    record StepFailed(Problem problem) implements Event {}

    record GateReached(String signal, String prompt, Instant at) implements Event {}

    record Approved(String signal, @Nullable JsonNode data) implements Event {}

    record CallsMade(List<StoredCall> calls, Instant at) implements Event {
      public CallsMade {
        calls = List.copyOf(calls);
      }
    }

    record ChildStarted(String id, String type, JsonNode input, Instant at) implements Event {}

    record Parked(Problem problem, Instant at) implements Event {}

    record Chosen(boolean happened) implements Event {}

    /** An attempt that is no longer the current one spoke up; nothing changes. */
    record LateCompletion(long attempt, String said) implements Event {}

    record Paused() implements Event {}

    record Resumed() implements Event {}

    record CancelRequested() implements Event {}

    record Retried() implements Event {}

    record Ended(Outcome outcome) implements Event {}

    record DefinitionMissing(Instant at) implements Event {}

    record Stalled(Problem proof, Instant at) implements Event {}
  }

  /** The events of a command, with the end where nothing is left to do. */
  static Decision<Event> decide(Operation operation, Command command, Instant now) {
    if (command instanceof Command.ReportAndBegin(var report, var begin)) {
      return withNext(operation, decide(operation, report, now), begin, now);
    }
    Decision<Event> decision =
        switch (operation) {
          case NotStarted _ ->
              command instanceof Command.Start(var plan)
                  ? Decision.accept(new Event.Started(plan, now))
                  : Decision.refuse("operation-not-started", "it has not been started");
          case Running running -> decide(running, command, now);
          case Ended ended -> decide(ended, command);
        };
    if (!(decision instanceof Decision.Accept<Event>(var events)) || events.isEmpty()) {
      return decision;
    }
    Operation next = operation;
    for (Event event : events) {
      next = evolve(next, event);
    }
    if (next instanceof Running running && finished(running)) {
      List<Event> all = new ArrayList<>(events);
      all.add(new Event.Ended(outcome(running)));
      return Decision.accept(all);
    }
    return decision;
  }

  private static Decision<Event> withNext(
      Operation operation, Decision<Event> decision, Command.Begin begin, Instant now) {
    if (!(decision instanceof Decision.Accept<Event>(var events)) || events.isEmpty()) {
      return decision;
    }
    Operation next = operation;
    for (Event event : events) {
      next = evolve(next, event);
    }
    if (!(next instanceof Running running)
        || !(running.waiting() instanceof Wait.Ready || running.waiting() instanceof Wait.Until)
        || !(begin(running, begin, now) instanceof Decision.Accept<Event>(var begun))) {
      return decision;
    }
    List<Event> all = new ArrayList<>(events);
    all.addAll(begun);
    return Decision.accept(all);
  }

  private static Decision<Event> decide(Ended ended, Command command) {
    return switch (command) {
      case Command.Start _,
          Command.Progress _,
          Command.ReportDone _,
          Command.ReportAndBegin _,
          Command.ReportAgain _,
          Command.ReportNotNow _,
          Command.ReportOver _,
          Command.ReportGate _,
          Command.ReportCalls _,
          Command.ReportChild _,
          Command.Begin _,
          Command.AwaitDefinition _,
          Command.Stall _,
          Command.Park _ ->
          Decision.accept();
      case Command.Retry _ when ended.outcome() instanceof Outcome.FailedInRollback ->
          Decision.accept(new Event.Retried());
      case Command.Cancel _ when ended.outcome() instanceof Outcome.Cancelled -> Decision.accept();
      case Command.Pause _,
          Command.Resume _,
          Command.Cancel _,
          Command.Retry _,
          Command.Approve _,
          Command.Choose _ ->
          Decision.refuse(
              Problem.conflict("operation-ended", "it has ended: " + word(ended.outcome()))
                  .todo("start it anew from its owner"));
    };
  }

  private static Decision<Event> decide(Running running, Command command, Instant now) {
    return switch (command) {
      case Command.Start _ -> Decision.accept();
      case Command.Begin begin -> begin(running, begin, now);
      case Command.Progress(var attempt, var done, var total, var checkpoint) ->
          current(running, attempt)
              ? Decision.accept(new Event.Progressed(done, total, checkpoint))
              : Decision.accept();
      case Command.ReportDone(var attempt, var data) ->
          report(
              running,
              attempt,
              "done",
              running.undoing() ? new Event.StepUndone() : new Event.StepDone(data));
      case Command.ReportAndBegin _ -> throw new IllegalStateException("taken apart before");
      case Command.ReportAgain(var attempt, var checkpoint, var after, var done, var total) ->
          report(
              running,
              attempt,
              "again",
              new Event.StepRepeats(checkpoint, now.plus(after), done, total));
      case Command.ReportNotNow notNow -> notNow(running, notNow, now);
      case Command.ReportOver(var attempt, var problem) ->
          report(running, attempt, "over: " + problem.code(), new Event.StepFailed(problem));
      case Command.ReportGate(var attempt, var signal, var prompt) ->
          report(running, attempt, "gate", new Event.GateReached(signal, prompt, now));
      case Command.ReportCalls(var attempt, var calls) ->
          report(running, attempt, "calls", new Event.CallsMade(calls, now));
      case Command.ReportChild(var attempt, var id, var type, var input) ->
          report(running, attempt, "run", new Event.ChildStarted(id, type, input, now));
      case Command.Park(var problem) ->
          running.waiting() instanceof Wait.Attempt
              ? Decision.accept(new Event.Parked(problem, now))
              : Decision.accept();
      case Command.AwaitDefinition(var term) ->
          mayBegin(running, term, 0, now) && !(running.waiting() instanceof Wait.Definition)
              ? Decision.accept(new Event.DefinitionMissing(now))
              : Decision.accept();
      case Command.Stall(var proof) ->
          running.stalled() == null
              ? Decision.accept(new Event.Stalled(proof, now))
              : Decision.accept();
      case Command.Pause _ ->
          running.paused() ? Decision.accept() : Decision.accept(new Event.Paused());
      case Command.Resume _ ->
          running.paused() ? Decision.accept(new Event.Resumed()) : Decision.accept();
      case Command.Cancel _ -> {
        if (running.cancelling() || running.undoing()) {
          yield Decision.accept();
        }
        yield Decision.accept(new Event.CancelRequested());
      }
      case Command.Retry _ ->
          running.waiting() instanceof Wait.Until
              ? Decision.accept(new Event.Retried())
              : Decision.accept();
      case Command.Approve(var signal, var data) -> approve(running, signal, data);
      case Command.Choose(var happened) ->
          running.waiting() instanceof Wait.Choice
              ? Decision.accept(new Event.Chosen(happened))
              : Decision.refuse("no-choice", "there is nothing to choose now");
    };
  }

  private static Decision<Event> begin(Running running, Command.Begin begin, Instant now) {
    if (!mayBegin(running, begin.term(), begin.lost(), now)) {
      return Decision.accept();
    }
    return Decision.accept(
        new Event.AttemptStarted(
            running.attempts() + 1,
            begin.term(),
            begin.node(),
            running.step().name(),
            running.undoing(),
            now));
  }

  private static boolean mayBegin(Running running, long term, long lost, Instant now) {
    return !running.paused()
        && switch (running.waiting()) {
          case Wait.Ready _, Wait.Definition _ -> true;
          case Wait.Attempt attempt -> attempt.term() < term || attempt.attempt() == lost;
          case Wait.Until(var due, _) -> !now.isBefore(due);
          case Wait.Gate _, Wait.Calling _, Wait.Child _, Wait.Choice _ -> false;
        };
  }

  private static Decision<Event> report(Running running, long attempt, String said, Event event) {
    return current(running, attempt)
        ? Decision.accept(event)
        : Decision.accept(new Event.LateCompletion(attempt, said));
  }

  private static Decision<Event> notNow(Running running, Command.ReportNotNow report, Instant now) {
    if (!current(running, report.attempt())) {
      return Decision.accept(new Event.LateCompletion(report.attempt(), "not-now"));
    }
    if (report.stopped()) {
      return Decision.accept(new Event.StepDeferred(now, report.problem(), false));
    }
    if (report.problem().code().equals(PERMIT)) { // others were first: that is no failure
      Duration pause = report.policy().delay(1, report.jitter());
      return Decision.accept(
          new Event.StepDeferred(
              now.plus(pause.compareTo(report.after()) > 0 ? pause : report.after()),
              report.problem(),
              false));
    }
    int failures = running.step().failures() + 1;
    if (failures >= report.policy().failuresMax()) {
      return Decision.accept(new Event.StepFailed(report.problem()));
    }
    Duration wait = report.policy().delay(failures, report.jitter());
    Duration longer = wait.compareTo(report.after()) > 0 ? wait : report.after();
    return Decision.accept(new Event.StepDeferred(now.plus(longer), report.problem(), true));
  }

  private static Decision<Event> approve(Running running, String signal, @Nullable JsonNode data) {
    if (running.waiting() instanceof Wait.Gate(var wanted, _, _)) {
      return wanted.equals(signal)
          ? Decision.accept(new Event.Approved(signal, data))
          : Decision.refuse(
              "other-signal", "it waits for \"" + wanted + "\", not \"" + signal + "\"");
    }
    return Decision.refuse("no-gate", "it does not wait for an approval now");
  }

  private static boolean current(Running running, long attempt) {
    return switch (running.waiting()) {
      case Wait.Attempt a -> a.attempt() == attempt;
      case Wait.Calling c -> c.attempt() == attempt;
      case Wait.Child c -> c.attempt() == attempt;
      case Wait.Ready _, Wait.Until _, Wait.Gate _, Wait.Choice _, Wait.Definition _ -> false;
    };
  }

  private static boolean finished(Running running) {
    return running.waiting() instanceof Wait.Ready
        && (running.undoing()
            ? running.current() < 0
            : running.current() >= running.steps().size());
  }

  private static Outcome outcome(Running running) {
    if (!running.undoing()) {
      Map<String, JsonNode> data = new LinkedHashMap<>();
      for (StepState step : running.steps()) {
        if (step.data() != null) {
          data.put(step.name(), step.data());
        }
      }
      return new Outcome.Done(data);
    }
    return running.why() == null ? new Outcome.Cancelled() : new Outcome.Undone(running.why());
  }

  /** The key of the step under way: the same for all its attempts, another per iteration. */
  static String key(EntityRef operation, Running running) {
    StepState step = running.step();
    return Digest.of(
        operation.id(),
        step.name(),
        Integer.toString(step.iteration()),
        running.undoing() ? "undo" : "run");
  }

  /** One word for tables and metrics. */
  static String word(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Done _ -> "done";
      case Outcome.Undone _ -> "undone";
      case Outcome.FailedInRollback _ -> "failed-in-rollback";
      case Outcome.Cancelled _ -> "cancelled";
    };
  }

  /** Folds one event; a pair that {@link #decide} cannot cause is a corrupt journal. */
  static Operation evolve(Operation operation, Event event) {
    return switch (operation) {
      case NotStarted _ -> {
        if (event instanceof Event.Started(var plan, var at)) {
          List<StepState> steps = plan.steps().stream().map(StepState::pending).toList();
          yield new Running(
              plan, at, false, false, false, null, 0, steps, new Wait.Ready(), 0, null);
        }
        throw new IllegalStateException(event + " before the start");
      }
      case Running running -> OperationFold.fold(running, event);
      case Ended ended -> {
        if (event instanceof Event.Retried
            && ended.outcome() instanceof Outcome.FailedInRollback(var why, _)) {
          yield OperationFold.resumeUndo(ended, why);
        }
        throw new IllegalStateException(event + " after the end");
      }
    };
  }
}
