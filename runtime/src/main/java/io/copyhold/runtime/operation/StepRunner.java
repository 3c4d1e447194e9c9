package io.copyhold.runtime.operation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.entity.Message;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.entity.Reactor;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.entity.ShellContext;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Operation.Command;
import io.copyhold.runtime.operation.Operation.Running;
import io.copyhold.runtime.operation.Operation.StoredCall;
import io.copyhold.runtime.operation.Operation.Wait;
import io.copyhold.runtime.telemetry.Telemetry.Observation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs an operation's steps. It looks at what the operation waits for and does that, and only that:
 *
 * <ol>
 *   <li>ready, or an attempt of an earlier runner: journal the intent ({@code Begin}), under a term
 *       of its own;
 *   <li>an attempt of its own: run the step on the executor, and report what it returned, together
 *       with the intent of the next attempt when nothing stands in its way;
 *   <li>a time: a timer; calls: ask, and ask again; a child: start it; a gate or a choice: nothing.
 * </ol>
 *
 * An effect never starts before its intent is stored, and a report that comes late is journaled as
 * late.
 */
final class StepRunner implements Reactor<Operation> {
  private static final Logger log = LoggerFactory.getLogger(StepRunner.class);
  private static final Duration PROGRESS_EVERY = Duration.ofMillis(100);
  private static final Duration REPORT_EVERY = Duration.ofSeconds(2);
  private static final Duration PARK_MIN = Duration.ofSeconds(5);
  private static final int MESSAGE_MAX = 300;

  /** Messages of the runner to itself. */
  private sealed interface Note {
    record TermAcquired(@Nullable Long term, @Nullable Throwable failure) implements Note {}

    record Completed(long attempt, StepResult result) implements Note {}

    record Threw(long attempt, Throwable failure) implements Note {}

    record ProgressSaid(long attempt) implements Note {}

    record ProgressDue(long attempt) implements Note {}

    record Due() implements Note {}

    record BeginAgain() implements Note {}

    record ReportEnd() implements Note {}
  }

  private final ShellContext shell;
  private final Operations operations;
  private final EntityRef ref;
  private final EntityRef owner;
  private final String id;
  private final ActorRef<Message> ownerActor;
  private final ActorRef<Message> self;
  private @Nullable Long term;
  private final Operations.@Nullable Birth birth;

  /** The attempts that were begun before this runner; -1 until that is known. */
  private long inherited = -1;

  private boolean acquiring;
  private long version;
  private long begunAt = -1;
  private boolean verify;
  private boolean parked;
  private @Nullable List<Step> steps;
  private @Nullable LiveStep live;
  private @Nullable Runnable stopped;
  private final Calls calls;
  private final ChildOperation child;
  private boolean ended;

  StepRunner(
      ShellContext shell,
      Operations operations,
      EntityRef owner,
      String id,
      ActorRef<Message> ownerActor,
      Operations.@Nullable Birth birth) {
    this.shell = shell;
    this.birth = birth;
    this.operations = operations;
    this.ref = shell.entity();
    this.owner = owner;
    this.id = id;
    this.ownerActor = ownerActor;
    this.self = shell.actor().getSelf();
    this.calls = new Calls(shell, operations);
    this.child = new ChildOperation(shell, operations);
  }

  @Override
  public List<Agenda.Row> rows(Operation state) {
    return List.of(); // the owner's row wakes its operations
  }

  @Override
  public void react(Operation state, long version, Origin origin) {
    if (inherited < 0) {
      inherited = attempts(state);
      if (birth != null && birth.version() == version) {
        term = birth.term();
        inherited = 0;
      }
    }
    this.version = version;
    look(state);
  }

  private static long attempts(Operation state) {
    return switch (state) {
      case Operation.NotStarted _ -> 0;
      case Running running -> running.attempts();
      case Operation.Ended last -> last.attempts();
    };
  }

  @Override
  public boolean offerEnd(Operation before, Operation after, Journaled.Attached end) {
    if (stopped != null
        || !(before instanceof Running)
        || !(after instanceof Operation.Ended last)) {
      return false;
    }
    countEnd(after, last.outcome());
    ownerActor.tell(new Message.OperationEnding(id, last.outcome(), end, self));
    return true;
  }

  private void countEnd(Operation state, Outcome outcome) {
    if (!ended) {
      ended = true;
      shell.ports().telemetry().operationEnded(type(state), Operation.word(outcome));
    }
  }

  private void look(Operation state) {
    switch (state) {
      case Operation.NotStarted _ -> awaitStart();
      case Operation.Ended(_, _, _, var outcome, _) -> reportEnd(state, outcome);
      case Running running -> {
        ended = false;
        look(running);
      }
    }
  }

  private void look(Running running) {
    if (live != null
        && !(running.waiting() instanceof Wait.Attempt a && a.attempt() == live.attemptNumber())) {
      live = null;
      if (stopped != null) {
        stopped.run();
      }
    }
    if (stopped != null) {
      return;
    }
    if (live != null && (running.paused() || running.winding())) {
      live.requestStop();
    }
    switch (running.waiting()) {
      case Wait.Ready _ -> begin(running);
      case Wait.Attempt attempt -> attempt(running, attempt);
      case Wait.Until(var due, _) -> until(running, due);
      case Wait.Gate _, Wait.Choice _ -> park(null);
      case Wait.Calling calling -> call(running, calling);
      case Wait.Child wanted -> child(running, wanted);
      case Wait.Definition _ -> definition(running);
    }
  }

  /** Until this node, or another one that takes over, can run it. */
  private void definition(Running running) {
    if (step(running) != null) {
      begin(running);
      return;
    }
    if (!parked) {
      log.atError()
          .addKeyValue("operation", ref)
          .addKeyValue("type", running.plan().type())
          .addKeyValue("version", running.plan().version())
          .log("stranded: this node cannot run it");
    }
    park(null);
  }

  /** Its start is on the way, or was lost with a write that failed. */
  private void awaitStart() {
    shell
        .timers()
        .startSingleTimer("report-end", new Message.Reaction(new Note.ReportEnd()), REPORT_EVERY);
  }

  private void reportEnd(Operation state, Outcome outcome) {
    live = null;
    countEnd(state, outcome);
    ownerActor.tell(new Message.OperationEnded(id, outcome));
    shell
        .timers()
        .startSingleTimer("report-end", new Message.Reaction(new Note.ReportEnd()), REPORT_EVERY);
    if (stopped != null) {
      stopped.run();
    }
  }

  private static String type(Operation state) {
    return switch (state) {
      case Operation.NotStarted _ -> "unknown";
      case Running running -> running.plan().type();
      case Operation.Ended ended -> ended.plan().type();
    };
  }

  private void begin(Running running) {
    if (running.paused()) {
      park(null);
      return;
    }
    unpark();
    if (term == null) {
      acquireTerm();
    } else {
      intend(running, term);
    }
  }

  /**
   * The intent of the next attempt, or that this node cannot make one. Repeated if nothing comes of
   * it: a clock that was set back meanwhile makes it too early.
   */
  private void intend(Running running, long term) {
    long lost =
        running.waiting() instanceof Wait.Attempt attempt && inherited(attempt)
            ? attempt.attempt()
            : 0;
    if (begunAt != version) {
      begunAt = version;
      tell(
          step(running) == null
              ? new Command.AwaitDefinition(term)
              : new Command.Begin(shell.ports().node(), term, lost));
      shell
          .timers()
          .startSingleTimer("begin", new Message.Reaction(new Note.BeginAgain()), REPORT_EVERY);
    }
  }

  private void acquireTerm() {
    if (!acquiring) {
      acquiring = true;
      shell
          .actor()
          .pipeToSelf(
              shell.ports().ownership().acquire(ref),
              (value, failure) -> new Message.Reaction(new Note.TermAcquired(value, failure)));
    }
  }

  private void attempt(Running running, Wait.Attempt attempt) {
    unpark();
    if (live != null) {
      return;
    }
    if (inherited(attempt)) {
      lost(running);
      return;
    }
    start(running, attempt);
  }

  /**
   * Begun by a runner before this one, perhaps on this node and under the same term: its step may
   * run still, so what follows needs a token of its own.
   */
  private boolean inherited(Wait.Attempt attempt) {
    return attempt.attempt() <= inherited;
  }

  /** The attempt was begun by an earlier incarnation: whether its effect happened is not known. */
  private void lost(Running running) {
    Step step = step(running);
    if (step != null && !running.undoing()) {
      switch (step.repeat()) {
        case SAFE -> {}
        case VERIFIABLE -> verify = true;
        case NEITHER -> {
          tell(
              new Command.Park(
                  Problem.unavailable(
                      "effect-unknown", "the node that ran " + step.name() + " is gone")));
          return;
        }
      }
    }
    if (term == null) {
      acquireTerm();
    } else {
      intend(running, term);
    }
  }

  private void start(Running running, Wait.Attempt attempt) {
    Step step = step(running);
    if (step == null) {
      throw new IllegalStateException(ref + " began what this node cannot run");
    }
    long number = attempt.attempt();
    Origin principal =
        Origin.of("operation:" + ref.id()).withTraceparent(running.plan().traceparent());
    Observation seen =
        shell
            .ports()
            .telemetry()
            .step(ref, running.plan().type(), step.name(), running.step().attempts(), principal);
    LiveStep context =
        new LiveStep(
            ref,
            owner,
            running,
            new FenceToken(attempt.term(), number),
            shell.ports().clock().instant(),
            seen.origin().traceparent(),
            () -> note(new Note.ProgressSaid(number)));
    live = context;
    boolean verifyFirst = verify;
    verify = false;
    boolean undoing = running.undoing();
    try {
      shell.ports().steps().execute(() -> run(step, context, undoing, verifyFirst, seen));
    } catch (RejectedExecutionException e) {
      note(new Note.Threw(number, e));
    }
  }

  /** In the executor's thread. */
  private void run(
      Step step, LiveStep context, boolean undoing, boolean verifyFirst, Observation seen) {
    long number = context.attemptNumber();
    try {
      StepResult result;
      if (undoing) {
        result = step.undo(context);
      } else if (verifyFirst && step.verify(context) instanceof StepResult.Done done) {
        result = done;
      } else {
        result = step.run(context);
      }
      seen.end(result.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT));
      note(new Note.Completed(number, result));
    } catch (Throwable failure) {
      seen.end("threw");
      note(new Note.Threw(number, failure));
    }
  }

  private void until(Running running, Instant due) {
    if (running.paused()) {
      park(null);
      return;
    }
    Duration left = Duration.between(shell.ports().clock().instant(), due);
    if (left.compareTo(PARK_MIN) > 0) {
      park(due);
    } else {
      unpark();
    }
    shell
        .timers()
        .startSingleTimer(
            "due",
            new Message.Reaction(new Note.Due()),
            left.isNegative() ? Duration.ZERO : left.plusMillis(1));
  }

  private void call(Running running, Wait.Calling calling) {
    unpark();
    if (running.winding() || running.paused()) {
      stoppedReport(calling.attempt());
      return;
    }
    calls.make(running, calling);
  }

  private void called(Operation state, Calls.Note note) {
    if (!(state instanceof Running running)
        || !(calls.take(running, note) instanceof List<Reply> all)) {
      return;
    }
    Step step = step(running);
    if (step == null) {
      return;
    }
    LiveStep context =
        new LiveStep(
            ref,
            owner,
            running,
            new FenceToken(0, note.attempt()),
            shell.ports().clock().instant(),
            null,
            () -> {});
    try {
      report(running, note.attempt(), step.answered(context, all));
    } catch (RuntimeException e) {
      threw(running, note.attempt(), e);
    }
  }

  private void child(Running running, Wait.Child wanted) {
    if (!child.run(running, wanted, term)) {
      tell(
          new Command.ReportOver(
              wanted.attempt(),
              Problem.conflict("operation-type-unknown", "no operation type " + wanted.type())));
    }
  }

  @Override
  public void onMessage(Operation state, long version, Message message) {
    switch (message) {
      case Message.Reaction(Note note) -> onNote(state, version, note);
      case Message.Reaction(Calls.Note note) -> called(state, note);
      case Message.OperationEnded(_, var outcome) -> childEnded(state, outcome);
      case Message.OperationParked(_, var until) -> park(until);
      case Message.OperationUnparked _ -> unpark();
      case Message.OperationAwaited _ -> {
        if (state instanceof Running running && running.waiting() instanceof Wait.Child wanted) {
          child.start(running, wanted);
        }
      }
      case Message.Prove prove -> prove(version, prove);
      case Message.Signal signal -> child.signal(signal);
      case Message.Reaction(ChildOperation.Gone _) -> childGone(state);
      case Message.Ask _,
          Message.Read _,
          Message.Wake _,
          Message.Stop _,
          Message.OperationEnding _,
          Message.EndStored _,
          Message.EndAlone _,
          Message.OfferEnd _,
          Message.Idle _,
          Message.RowsDurable _,
          Message.Reaction _,
          Message.Released _ -> {}
    }
  }

  /** What runs here, for whoever doubts it. */
  private void prove(long version, Message.Prove prove) {
    if (!prove.operation().isEmpty()) {
      child.prove(prove);
      return;
    }
    ObjectNode proof = Mappers.JSON.createObjectNode();
    proof.put(Proofs.NODE, shell.ports().node());
    proof.put(Proofs.ATTEMPT, live == null ? 0 : live.attemptNumber());
    proof.put(Proofs.CALLING, calls.attempt());
    proof.put(Proofs.CHILD, child.lives());
    prove.replyTo().tell(new Reply.Applied(ref, version, proof, List.of(), false));
  }

  private void onNote(Operation state, long now, Note note) {
    version = now;
    switch (note) {
      case Note.TermAcquired(var value, var failure) -> {
        acquiring = false;
        if (value == null) {
          log.atWarn()
              .addKeyValue("operation", ref)
              .setCause(failure)
              .log("no term; will be retried");
          shell
              .timers()
              .startSingleTimer("due", new Message.Reaction(new Note.Due()), Calls.RETRY_MAX);
        } else {
          term = value;
          look(state);
        }
      }
      case Note.Completed(var attempt, var result) -> {
        if (state instanceof Running running) {
          report(running, attempt, result);
        }
      }
      case Note.Threw(var attempt, var failure) -> {
        if (state instanceof Running running) {
          threw(running, attempt, failure);
        }
      }
      case Note.ProgressSaid(var attempt) ->
          shell
              .timers()
              .startSingleTimer(
                  "progress", new Message.Reaction(new Note.ProgressDue(attempt)), PROGRESS_EVERY);
      case Note.ProgressDue(var attempt) -> {
        if (live != null && live.attemptNumber() == attempt) {
          LiveStep.Progress said = live.takeProgress();
          if (said != null) {
            tell(new Command.Progress(attempt, said.done(), said.total(), said.checkpoint()));
          }
        }
      }
      case Note.Due _ -> {
        if (state instanceof Running running
            && running.waiting() instanceof Wait.Until(var due, _)
            && !running.paused()
            && !shell.ports().clock().instant().isBefore(due)) {
          begin(running);
        } else {
          look(state);
        }
      }
      case Note.BeginAgain _ -> {
        if (begunAt == now) {
          begunAt = -1;
          look(state);
        }
      }
      case Note.ReportEnd _ -> {
        if (state instanceof Operation.NotStarted) {
          ownerActor.tell(new Message.OperationAwaited(id));
        }
        look(state);
      }
    }
  }

  private void childGone(Operation state) {
    child.gone();
    if (stopped == null) {
      look(state);
    } else if (live == null) {
      stopped.run();
    }
  }

  private void childEnded(Operation state, Outcome outcome) {
    if (state instanceof Running running && running.waiting() instanceof Wait.Child wanted) {
      child.stop();
      tell(ChildOperation.report(wanted, outcome));
    }
  }

  /** What the attempt came to, as a command of the operation. */
  private void report(Running running, long attempt, StepResult result) {
    Step step = step(running);
    RetryPolicy policy = step == null || running.undoing() ? RetryPolicy.PATIENT : step.retry();
    boolean stopRequested = live != null && live.stopping();
    tell(
        switch (result) {
          case StepResult.Done(var data) ->
              withNext(running, new Command.ReportDone(attempt, data));
          case StepResult.NotNow(var after, var problem) ->
              new Command.ReportNotNow(
                  attempt,
                  after,
                  stopRequested
                      ? Problem.unavailable(OperationFold.STOPPED, "it was asked to stop")
                      : problem,
                  stopRequested,
                  policy,
                  shell.ports().random().nextDouble());
          case StepResult.Over(var problem) -> new Command.ReportOver(attempt, problem);
          case StepResult.Again(var checkpoint, var after, var done, var total) ->
              withNext(running, new Command.ReportAgain(attempt, checkpoint, after, done, total));
          case StepResult.Gate(var signal, var prompt) ->
              new Command.ReportGate(attempt, signal, prompt);
          case StepResult.Calls(var calls) ->
              new Command.ReportCalls(attempt, calls.stream().map(this::stored).toList());
          case StepResult.Run(var type, var input) ->
              new Command.ReportChild(
                  attempt,
                  running.step().name() + "/" + (running.step().iteration() + 1),
                  type,
                  Mappers.tree(input, input.getClass()));
        });
  }

  private Command withNext(Running running, Command report) {
    return term == null || stopped != null || running.paused() || running.winding()
        ? report
        : new Command.ReportAndBegin(report, new Command.Begin(shell.ports().node(), term, 0));
  }

  private StoredCall stored(StepResult.Call call) {
    JsonNode tree = Mappers.JSON.valueToTree(call.command());
    return new StoredCall(
        call.entity().toString(), operations.codec().manifestOf(call.command()), tree);
  }

  private void threw(Running running, long attempt, Throwable failure) {
    if (failure instanceof ProblemException e) {
      switch (e.problem().kind()) {
        case UNAVAILABLE, FAULT ->
            report(running, attempt, StepResult.notNow(Duration.ZERO, e.problem()));
        case INVALID,
            MALFORMED,
            UNAUTHENTICATED,
            FORBIDDEN,
            NOT_FOUND,
            CONFLICT,
            PRECONDITION,
            TOO_LARGE ->
            report(running, attempt, StepResult.over(e.problem()));
      }
      return;
    }
    log.atWarn()
        .addKeyValue("operation", ref)
        .addKeyValue("step", running.step().name())
        .addKeyValue("attempt", attempt)
        .setCause(failure)
        .log("a step threw; it will be retried");
    Step step = step(running);
    if (step != null && step.repeat() == Step.Repeat.NEITHER && !running.undoing()) {
      tell(
          new Command.Park(
              Problem.unavailable("effect-unknown", step.name() + " failed on the way")));
      return;
    }
    report(
        running,
        attempt,
        StepResult.notNow(
            Duration.ZERO, Problem.of(Problem.Kind.FAULT, "step-threw", sentence(failure))));
  }

  private static String sentence(Throwable failure) {
    String message = failure.getClass().getSimpleName();
    return message.length() > MESSAGE_MAX ? message.substring(0, MESSAGE_MAX) : message;
  }

  private void stoppedReport(long attempt) {
    tell(
        new Command.ReportNotNow(
            attempt,
            Duration.ZERO,
            Problem.unavailable(OperationFold.STOPPED, "it was asked to stop"),
            true,
            RetryPolicy.DEFAULT,
            0));
  }

  private @Nullable Step step(Running running) {
    if (steps == null) {
      OperationType<?> type =
          operations.types().find(running.plan().type(), running.plan().version()).orElse(null);
      List<Step> plan = type == null ? null : steps(type, running);
      if (plan == null || !plan.stream().map(Step::name).toList().equals(running.plan().steps())) {
        return null;
      }
      steps = plan;
    }
    return steps.get(running.current());
  }

  private static <I> @Nullable List<Step> steps(OperationType<I> type, Running running) {
    try {
      return type.steps(Mappers.JSON.treeToValue(running.plan().input(), type.input()));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      return null;
    }
  }

  private void park(@Nullable Instant until) {
    parked = true;
    ownerActor.tell(new Message.OperationParked(id, until));
  }

  private void unpark() {
    if (parked) {
      parked = false;
      ownerActor.tell(new Message.OperationUnparked(id));
    }
  }

  private void note(Note note) {
    self.tell(new Message.Reaction(note));
  }

  private void tell(Command command) {
    self.tell(ask(command));
  }

  private Message.Ask ask(Command command) {
    return new Message.Ask(
        command, Origin.of("engine"), false, shell.actor().getSystem().ignoreRef());
  }

  @Override
  public boolean busy() {
    return !parked;
  }

  @Override
  public void stop(Runnable whenStopped) {
    stopped = whenStopped;
    child.stop();
    if (live != null) {
      live.requestStop();
    } else if (!child.lives()) {
      whenStopped.run();
    }
  }
}
