package io.copyhold.runtime.entity;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.journal.Codec;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.BehaviorInterceptor;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.TypedActorContext;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * The supervised behaviour of one entity: the shell, restarted with backoff when it fails; and when
 * its replay fails at the same event again and again, the quarantine in its place, which refuses
 * commands and leaves its neighbours alone.
 */
public final class EntityBehavior {
  private static final Duration BACKOFF_MIN = Duration.ofMillis(100);

  /** Spreads restarts; from the port, because the supervisor's own jitter follows no seed. */
  private static final int BACKOFF_JITTER_MILLIS = 20;

  private static final Duration BACKOFF_MAX = Duration.ofSeconds(5);

  private EntityBehavior() {}

  /**
   * @param passivate asks whoever started the actor to stop it, or null when its owner decides
   */
  public static <S, C, E> Behavior<Message> create(
      EntityType<S, C, E> type,
      EntityRef ref,
      Ports ports,
      Codec codec,
      History history,
      Reactor.Factory<S> reactor,
      @Nullable Runnable passivate) {
    Behavior<Message> behavior =
        Behaviors.setup(actor -> {
          actor.setLoggerName(EntityShell.class); // or Pekko walks the stack for it, each time
          return Behaviors.withTimers(timers -> {
            ShellContext shell = new ShellContext(ref, actor, timers, ports);
            Supplier<Behavior<Message>> replay =
                () ->
                    FailureWatch.around(
                        new EntityShell<>(
                            type, shell, codec, history, reactor.create(shell), passivate));
            return first(type, shell, codec, history, replay);
          });
        });
    return Behaviors.supervise(behavior)
        .onFailure(
            SupervisorStrategy.restartWithBackoff(
                    BACKOFF_MIN.plusMillis(ports.random().nextInt(BACKOFF_JITTER_MILLIS)),
                    BACKOFF_MAX,
                    0)
                .withResetBackoffAfter(Duration.ofSeconds(30))
                .withLogLevel(Level.WARN));
  }

  /** The shell, or what stands in for an entity whose replay is known to fail or to kill. */
  private static Behavior<Message> first(
      EntityType<?, ?, ?> type,
      ShellContext shell,
      Codec codec,
      History history,
      Supplier<Behavior<Message>> replay) {
    EntityRef ref = shell.entity();
    Ports ports = shell.ports();
    Quarantines.Case found = ports.quarantines().find(ref);
    if (found != null && found.tooNew()) { // another attempt here would read the same
      return MessagesOnly.around(tooNew(ref, ports, found));
    }
    if (found != null && found.failures() >= ports.settings().quarantineAfter()) {
      return MessagesOnly.around(enclosed(shell.actor(), ref, ports, codec, history, found));
    }
    if (!ports.quarantines().careful() || type.equals(Quarantine.TYPE)) {
      return replay.get();
    }
    return NotedReplay.of(
        shell.actor(),
        ref,
        ports,
        replay,
        deadly -> MessagesOnly.around(enclosed(shell.actor(), ref, ports, codec, history, deadly)));
  }

  /**
   * A journal failure ends an event-sourced behaviour without an exception that a supervisor around
   * it would see. This makes it one, so that the restart begins from a fresh shell.
   */
  private static final class FailureWatch extends BehaviorInterceptor<Object, Object> {
    private final EntityShell<?, ?, ?> entity;

    FailureWatch(EntityShell<?, ?, ?> entity) {
      super(Object.class); // the journal's answers are no Messages
      this.entity = entity;
    }

    @SuppressWarnings("unchecked")
    static Behavior<Message> around(EntityShell<?, ?, ?> entity) {
      Behavior<?> watched =
          Behaviors.intercept(
              () -> new FailureWatch(entity), (Behavior<Object>) (Behavior<?>) entity);
      return (Behavior<Message>) watched;
    }

    @Override
    public Behavior<Object> aroundReceive(
        TypedActorContext<Object> context, Object message, ReceiveTarget<Object> target) {
      Behavior<Object> next = target.apply(context, message);
      if (!Behavior.isAlive(next) && !entity.leaving()) {
        throw new ShellFailed();
      }
      return next;
    }
  }

  /** Drops what the journal still answers to the shell that was here before. */
  private static final class MessagesOnly extends BehaviorInterceptor<Object, Object> {
    MessagesOnly() {
      super(Object.class);
    }

    @SuppressWarnings("unchecked")
    static Behavior<Message> around(Behavior<Message> behavior) {
      Behavior<?> filtered =
          Behaviors.intercept(MessagesOnly::new, (Behavior<Object>) (Behavior<?>) behavior);
      return (Behavior<Message>) filtered;
    }

    @Override
    public Behavior<Object> aroundReceive(
        TypedActorContext<Object> context, Object message, ReceiveTarget<Object> target) {
      return message instanceof Message ? target.apply(context, message) : Behaviors.same();
    }
  }

  /** The journal failed the shell; it starts again. */
  private static final class ShellFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ShellFailed() {
      super("the journal failed", null, false, false);
    }
  }

  /**
   * Written by a newer version: not poison. It answers "not now" and leaves, so that a newer node
   * can host it.
   */
  private static Behavior<Message> tooNew(EntityRef ref, Ports ports, Quarantines.Case found) {
    ports.quarantines().release(ref, found.skips());
    Problem problem =
        Problem.unavailable("too-new", ref + " was written by a newer version: " + found.cause())
            .todo("finish the roll-out of that version, or go back to it");
    return Behaviors.receive(Message.class)
        .onAnyMessage(message -> {
          if (message instanceof Message.Remote remote) {
            remote.replyTo().tell(new Reply.NotNow(Duration.ofSeconds(5), true, problem));
          }
          return Behaviors.stopped();
        })
        .build();
  }

  private static Behavior<Message> enclosed(
      ActorContext<Message> actor,
      EntityRef ref,
      Ports ports,
      Codec codec,
      History history,
      Quarantines.Case found) {
    EntityRef verdict = new EntityRef(Quarantine.TYPE.name(), ref.toString());
    ActorRef<Message> child =
        actor.spawn(
            create(Quarantine.TYPE, verdict, ports, codec, history, _ -> Reactor.none(), null),
            "quarantine");
    ActorRef<Reply> answers =
        actor.messageAdapter(
            Reply.class,
            reply ->
                reply instanceof Reply.Applied applied
                    ? new Message.Released(applied.view())
                    : new Message.Reaction(reply));
    child.tell(new Message.Read(answers));
    AtomicBoolean told = new AtomicBoolean();
    Problem problem =
        new Problem(
            Problem.Kind.UNAVAILABLE,
            "quarantined",
            ref + " cannot be replayed: " + found.cause(),
            "event " + found.version(),
            "retry, skip this event, or restore a version before it, after looking at it");
    return Behaviors.receive(Message.class)
        .onAnyMessage(message ->
            switch (message) {
              case Message.Ask ask when ask.command() instanceof Quarantine.Command -> {
                child.tell(ask);
                child.tell(new Message.Read(answers));
                yield Behaviors.same();
              }
              case Message.Remote remote -> {
                remote
                    .replyTo()
                    .tell(
                        told.get()
                            ? new Reply.Refused(problem)
                            : new Reply.NotNow(Duration.ofSeconds(1), true, problem));
                yield Behaviors.same();
              }
              case Message.Released(var view) -> {
                if (passesOver(ref, ports, found, view, told.get())) {
                  yield Behaviors.stopped();
                }
                if (told.compareAndSet(false, true)) {
                  enclose(child, found, actor.getSystem().ignoreRef());
                }
                yield Behaviors.same();
              }
              case Message.Reaction _ -> {
                told.set(true);
                enclose(child, found, actor.getSystem().ignoreRef());
                yield Behaviors.same();
              }
              case Message.Stop _ -> Behaviors.stopped();
              default -> Behaviors.same();
            })
        .build();
  }

  /**
   * Whether the journaled verdict lets it go: it passes over the event that fails, or an operator
   * said to retry after this enclosure was journaled.
   *
   * @param told the verdict read is not older than this enclosure
   */
  private static boolean passesOver(
      EntityRef ref, Ports ports, Quarantines.Case found, JsonNode view, boolean told) {
    Skips skips = Skips.of(view);
    boolean retried =
        told
            && !view.path("enclosed").asBoolean()
            && view.path("version").asLong() == found.version();
    if (!skips.contains(found.version()) && !retried) {
      return false;
    }
    ports.quarantines().release(ref, skips);
    return true;
  }

  private static void enclose(
      ActorRef<Message> child, Quarantines.Case found, ActorRef<Reply> nobody) {
    child.tell(
        new Message.Ask(
            new Quarantine.Command.Enclose(found.version(), found.cause()),
            Origin.SYSTEM,
            false,
            nobody));
  }
}
