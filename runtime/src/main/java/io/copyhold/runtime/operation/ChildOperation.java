package io.copyhold.runtime.operation;

import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Message;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.entity.ShellContext;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Operation.Command;
import io.copyhold.runtime.operation.Operation.Running;
import io.copyhold.runtime.operation.Operation.Wait;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** The operation that a step waits for: at most one at a time. Used in the actor's thread. */
final class ChildOperation {
  /** Its actor has ended; the content of a {@link Message.Reaction}. */
  enum Gone {
    INSTANCE
  }

  private final ShellContext shell;
  private final Operations operations;
  private @Nullable ActorRef<Message> actor;

  ChildOperation(ShellContext shell, Operations operations) {
    this.shell = shell;
    this.operations = operations;
  }

  boolean lives() {
    return actor != null;
  }

  /**
   * Safe to repeat: what is wanted is started once, and told to pause, resume or end as its owner.
   *
   * @return false when this node does not know such operations
   */
  boolean run(Running running, Wait.Child wanted, @Nullable Long term) {
    if (actor == null) {
      if (operations.types().newest(wanted.type()).isEmpty()) {
        return false;
      }
      actor =
          shell
              .actor()
              .spawn(
                  operations.behavior(
                      shell.entity(), wanted.id(), shell.actor().getSelf(), shell.ports(), null),
                  wanted.id().replace('/', '-') + "-" + wanted.attempt() + "-" + term);
      shell.actor().watchWith(actor, new Message.Reaction(Gone.INSTANCE));
      start(running, wanted);
    }
    tell(
        running.winding()
            ? new Command.Cancel()
            : running.paused() ? new Command.Pause() : new Command.Resume(),
        "engine");
    return true;
  }

  /** Safe to repeat: an operation starts once. */
  void start(Running running, Wait.Child wanted) {
    operations
        .types()
        .newest(wanted.type())
        .ifPresent(type ->
            tell(
                new Command.Start(
                    WantedReactor.plan(
                        shell.entity(),
                        wanted.id(),
                        type,
                        wanted.input(),
                        running.plan().traceparent())),
                "operation:" + shell.entity().id()));
  }

  private void tell(Command command, String principal) {
    tell(
        new Message.Ask(
            command, Origin.of(principal), false, shell.actor().getSystem().ignoreRef()));
  }

  private void tell(Message message) {
    if (actor != null) {
      actor.tell(message);
    }
  }

  void stop() {
    tell(Message.Stop.INSTANCE);
  }

  /** It has stopped; another one may be run. */
  void gone() {
    actor = null;
  }

  /** A command that somebody sends to it through its owner. */
  void signal(Message.Signal signal) {
    if (actor == null) {
      signal.replyTo().tell(none(signal.operation()));
    } else {
      tell(new Message.Ask(signal.command(), signal.origin(), signal.dryRun(), signal.replyTo()));
    }
  }

  /** Somebody asks through its owner what runs of it. */
  void prove(Message.Prove prove) {
    if (actor == null) {
      prove.replyTo().tell(none(prove.operation()));
    } else {
      tell(new Message.Prove("", prove.replyTo()));
    }
  }

  private Reply none(String operation) {
    return new Reply.Refused(
        Problem.conflict(
            "operation-not-running", shell.entity() + " has no running operation " + operation));
  }

  /** What its end means for the step that waits for it. */
  static Command report(Wait.Child wanted, Outcome outcome) {
    return switch (outcome) {
      case Outcome.Done(var data) ->
          new Command.ReportDone(wanted.attempt(), Mappers.JSON.valueToTree(data));
      case Outcome.Undone(var problem) -> new Command.ReportOver(wanted.attempt(), problem);
      case Outcome.FailedInRollback(var problem, _) ->
          new Command.ReportOver(wanted.attempt(), problem.at(wanted.id()));
      case Outcome.Cancelled _ ->
          new Command.ReportOver(
              wanted.attempt(), Problem.conflict("cancelled", wanted.id() + " was cancelled"));
    };
  }
}
