package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.StashBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What stands before a replay while nodes are being lost: it is noted first, so that the next node
 * knows what this one had in hand. Commands wait meanwhile.
 */
final class NotedReplay {
  private static final Logger log = LoggerFactory.getLogger(NotedReplay.class);

  /** Commands that wait; above, callers get no answer and ask again. */
  private static final int WAITING_MAX = 512;

  private record Noted(InHand.@Nullable Note note, @Nullable Throwable failure) {}

  private record Turn(@Nullable Throwable failure) {}

  private final ActorContext<Message> actor;
  private final EntityRef ref;
  private final Ports ports;
  private final Supplier<Behavior<Message>> replay;
  private final Function<Quarantines.Case, Behavior<Message>> enclosed;
  private final StashBuffer<Message> waiting;

  private NotedReplay(
      ActorContext<Message> actor,
      EntityRef ref,
      Ports ports,
      Supplier<Behavior<Message>> replay,
      Function<Quarantines.Case, Behavior<Message>> enclosed,
      StashBuffer<Message> waiting) {
    this.actor = actor;
    this.ref = ref;
    this.ports = ports;
    this.replay = replay;
    this.enclosed = enclosed;
    this.waiting = waiting;
  }

  /**
   * @param replay the shell, which begins to replay when it is made
   * @param enclosed what takes its place when the notes condemn it
   */
  static Behavior<Message> of(
      ActorContext<Message> actor,
      EntityRef ref,
      Ports ports,
      Supplier<Behavior<Message>> replay,
      Function<Quarantines.Case, Behavior<Message>> enclosed) {
    return Behaviors.withStash(
        WAITING_MAX,
        waiting -> new NotedReplay(actor, ref, ports, replay, enclosed, waiting).behavior());
  }

  @SuppressWarnings("unchecked")
  private Behavior<Message> behavior() {
    actor.pipeToSelf(
        ports.quarantines().enter(ref),
        (note, failure) -> new Message.Reaction(new Noted(note, failure)));
    // the journal may still answer the shell that was here before: those are no Messages
    Behavior<Object> behavior =
        Behaviors.receive(Object.class)
            .onAnyMessage(message ->
                message instanceof Message mine
                    ? (Behavior<Object>) (Behavior<?>) on(mine)
                    : Behaviors.same())
            .onSignal(
                org.apache.pekko.actor.typed.PostStop.class,
                _ -> {
                  ports.quarantines().replayed(ref);
                  return Behaviors.same();
                })
            .build();
    return (Behavior<Message>) (Behavior<?>) behavior;
  }

  private Behavior<Message> on(Message message) {
    switch (message) {
      case Message.Reaction(Noted(var note, var failure)) -> {
        if (note == null) {
          throw notNoted(failure);
        }
        return noted(note);
      }
      case Message.Reaction(Turn(var failure)) -> {
        if (failure != null) {
          throw notNoted(failure);
        }
        return waiting.unstashAll(replay.get());
      }
      case Message.Stop _ -> {
        return Behaviors.stopped();
      }
      default -> {
        if (!waiting.isFull()) {
          waiting.stash(message);
        }
        return Behaviors.same();
      }
    }
  }

  /** Its supervisor tries again. */
  private ProblemException notNoted(@Nullable Throwable failure) {
    ports.quarantines().replayed(ref);
    Problem problem =
        Problem.unavailable("replay-not-noted", "the control database does not answer");
    return failure == null ? new ProblemException(problem) : new ProblemException(problem, failure);
  }

  private Behavior<Message> noted(InHand.Note note) {
    if (note.deaths() >= Quarantines.DEATHS_MAX
        && !ports.quarantines().skips(ref).contains(note.version())) {
      log.atError()
          .addKeyValue("entity", ref)
          .addKeyValue("version", note.version())
          .addKeyValue("deaths", note.deaths())
          .log("its replay ended node after node: quarantined");
      return waiting.unstashAll(enclosed.apply(ports.quarantines().condemn(ref, note)));
    }
    if (note.deaths() == 0) {
      return waiting.unstashAll(replay.get());
    }
    log.atWarn()
        .addKeyValue("entity", ref)
        .log("a node died with this replay under way; it is replayed alone");
    actor.pipeToSelf(
        ports.quarantines().turn(ref), (_, failure) -> new Message.Reaction(new Turn(failure)));
    return Behaviors.same();
  }
}
