package io.copyhold.runtime.entity;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.journal.Codec;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.journal.Journaled.Unreadable;
import io.copyhold.runtime.telemetry.Telemetry.Observation;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.RecoveryFailed;
import org.apache.pekko.persistence.typed.javadsl.CommandHandlerWithReply;
import org.apache.pekko.persistence.typed.javadsl.EffectBuilder;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehaviorWithEnforcedReplies;
import org.apache.pekko.persistence.typed.javadsl.ReplyEffect;
import org.apache.pekko.persistence.typed.javadsl.RetentionCriteria;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The actor around every entity and every operation. A command goes through these gates, in this
 * order:
 *
 * <ol>
 *   <li>its idempotency key is known: the first answer again, or a refusal when the command
 *       differs;
 *   <li>the expected version is another: refused;
 *   <li>the type's {@code decide} refuses, puts off, or names the events;
 *   <li>a dry run ends here with what would have come of it;
 *   <li>the next state wants agenda rows that are not known to be durable: they go with the events
 *       where the journal takes them along; otherwise they are written first, meanwhile other
 *       commands wait;
 *   <li>the events are stored, the reactor looks at the new state, the caller gets the answer.
 * </ol>
 *
 * Nothing else in the house writes events.
 */
final class EntityShell<S, C, E>
    extends EventSourcedBehaviorWithEnforcedReplies<Message, Journaled, ShellState<S>> {
  private static final Logger log = LoggerFactory.getLogger(EntityShell.class);
  private static final Duration OFFER_EVERY = Duration.ofSeconds(2);

  private final EntityType<S, C, E> type;
  private final ShellContext shell;
  private final EntityRef ref;
  private final Ports ports;
  private final Codec codec;
  private final Reactor<S> reactor;
  private final History history;
  private final @Nullable Runnable passivate;
  private final Set<Agenda.Row> durableRows = new HashSet<>();
  private List<Agenda.Row> rowsInFlight = List.of();
  private boolean awaitingRows;
  private @Nullable Offered<S> offered;

  /** Who waits for the write that is under way. */
  private @Nullable ActorRef<Reply> writing;

  private boolean stopping;
  private boolean failed;
  private boolean live;
  private boolean leaving;

  private @Nullable JsonNode summarized;
  private long summarizedAt = -1;

  /** Since it was last asked whether it is idle. One timer, and none to be set anew per message. */
  private boolean touched;

  EntityShell(
      EntityType<S, C, E> type,
      ShellContext shell,
      Codec codec,
      History history,
      Reactor<S> reactor,
      @Nullable Runnable passivate) {
    super(PersistenceId.ofUniqueId(shell.entity().persistenceId()));
    this.type = type;
    this.shell = shell;
    this.ref = shell.entity();
    this.ports = shell.ports();
    this.codec = codec;
    this.history = history;
    this.reactor = reactor;
    this.passivate = passivate;
  }

  /** True once it stops because it was asked to. */
  boolean leaving() {
    return leaving;
  }

  @Override
  public ShellState<S> emptyState() {
    return ShellState.initial(type.initial());
  }

  @Override
  public RetentionCriteria retentionCriteria() {
    return RetentionCriteria.snapshotEvery(ports.settings().snapshotEvery(), 2);
  }

  @Override
  public CommandHandlerWithReply<Message, Journaled, ShellState<S>> commandHandler() {
    return this::handle;
  }

  @Override
  public EventHandler<ShellState<S>, Journaled> eventHandler() {
    return this::apply;
  }

  @Override
  public SignalHandler<ShellState<S>> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.instance(), this::recovered)
        .onSignal(RecoveryFailed.class, (state, signal) -> recoveryFailed(signal.getFailure()))
        .onSignal(PreRestart.instance(), _ -> gone())
        .onSignal(PostStop.instance(), _ -> gone())
        .build();
  }

  private void recovered(ShellState<S> state) {
    live = true;
    ports.quarantines().replayed(ref);
    ports.telemetry().live(type.name(), 1);
    if (passivate != null) {
      shell
          .timers()
          .startTimerWithFixedDelay("idle", Message.Idle.INSTANCE, ports.settings().idleAfter());
    }
    reactor.react(state.state(), state.version(), Origin.SYSTEM);
  }

  /** Once for each time it was live: not when it failed to become so. */
  private void gone() {
    if (writing != null) {
      writing.tell(
          new Reply.NotNow(
              Duration.ofSeconds(1),
              false,
              Problem.unavailable("not-stored", "the journal did not store what " + ref + " did")
                  .todo("repeat it with the same idempotency key")));
      writing = null;
    }
    ports.quarantines().replayed(ref);
    if (live) {
      live = false;
      ports.telemetry().live(type.name(), -1);
    }
  }

  /**
   * Pekko signals one failure twice: where the event is folded, and where the journal's answers are
   * read.
   */
  private void recoveryFailed(Throwable failure) {
    if (failed) {
      return;
    }
    failed = true;
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof PoisonEvent poison) {
        ports.quarantines().failed(ref, poison);
        log.atWarn()
            .addKeyValue("entity", ref)
            .addKeyValue("version", poison.version())
            .log("replay failed at an event");
        return;
      }
    }
    log.atWarn().addKeyValue("entity", ref).setCause(failure).log("replay failed; will be retried");
  }

  private ReplyEffect<Journaled, ShellState<S>> handle(ShellState<S> state, Message message) {
    if (awaitingRows && !(message instanceof Message.Local)) {
      return Effect().stash();
    }
    if (offered != null) {
      return ending(state, message, offered);
    }
    touched |= message != Message.Idle.INSTANCE;
    return switch (message) {
      case Message.Ask ask -> ask(state, ask, now());
      case Message.Read read -> Effect().reply(read.replyTo(), read(state));
      case Message.Wake wake -> wake(state, wake);
      case Message.Signal _, Message.Prove _ -> {
        reactor.onMessage(state.state(), state.version(), message);
        yield Effect().noReply();
      }
      case Message.RowsDurable durable -> rowsDurable(state, durable);
      case Message.OperationEnded(var operation, var outcome) -> settle(state, operation, outcome);
      case Message.OperationEnding ending -> settleTogether(state, ending);
      case Message.Idle _ -> {
        reactor.onMessage(state.state(), state.version(), message);
        if (!touched && !reactor.busy() && passivate != null && !stopping) {
          passivate.run();
        }
        touched = false;
        yield Effect().noReply();
      }
      case Message.Stop _ -> stop();
      case Message.OperationParked _,
          Message.OperationUnparked _,
          Message.OperationAwaited _,
          Message.EndStored _,
          Message.EndAlone _,
          Message.OfferEnd _,
          Message.Reaction _,
          Message.Released _ -> {
        reactor.onMessage(state.state(), state.version(), message);
        yield Effect().noReply();
      }
    };
  }

  /** As exactly as the journal keeps it, so that a decision can be made again as it was. */
  private Instant now() {
    return ports.clock().instant().truncatedTo(ChronoUnit.MICROS);
  }

  private ReplyEffect<Journaled, ShellState<S>> stop() {
    if (stopping) {
      leaving = true;
      return Effect().stop().thenNoReply();
    }
    stopping = true;
    ActorRef<Message> self = shell.actor().getSelf();
    reactor.stop(() -> self.tell(Message.Stop.INSTANCE));
    shell.timers().startSingleTimer("stop", Message.Stop.INSTANCE, ports.settings().handOffMax());
    return Effect().noReply();
  }

  private ReplyEffect<Journaled, ShellState<S>> ask(
      ShellState<S> state, Message.Ask ask, Instant now) {
    Observation seen =
        ports.telemetry().command(ref, codec.name(type.name(), ask.command()), ask.origin());
    Origin origin = ask.origin();
    String digest =
        origin.idempotencyKey() == null ? null : Digest.of(codec, type.name(), ask.command());

    ShellState.Key known =
        ask.dryRun()
            ? null
            : state.key(
                origin.principal(), origin.idempotencyKey(), now, ports.settings().keysAge());
    if (known != null) {
      return again(state, ask, known, Objects.requireNonNull(digest), seen);
    }
    if (origin.expectedVersion() != null && origin.expectedVersion() != state.version()) {
      return refuse(
          ask,
          seen,
          new Problem(
              Problem.Kind.PRECONDITION,
              "version-mismatch",
              ref + " is at version " + state.version() + ", not " + origin.expectedVersion(),
              "If-Match",
              "read it again, look at what changed, and repeat with the new version"));
    }
    @SuppressWarnings("unchecked")
    Decision<E> decision = type.decide(state.state(), (C) ask.command(), now);
    return switch (decision) {
      case Decision.Refuse<E>(var problem) -> refuse(ask, seen, problem);
      case Decision.Later<E>(var after, var problem) -> {
        seen.end("not-now");
        yield Effect().reply(ask.replyTo(), new Reply.NotNow(after, true, problem));
      }
      case Decision.Accept<E>(var events) -> accept(state, ask, events, digest, now, seen, null);
    };
  }

  private ReplyEffect<Journaled, ShellState<S>> accept(
      ShellState<S> state,
      Message.Ask ask,
      List<E> events,
      @Nullable String digest,
      Instant now,
      Observation seen,
      Message.@Nullable OperationEnding ending) {
    S next = state.state();
    for (E event : events) {
      next = type.evolve(next, event);
    }
    List<String> names = events.stream().map(e -> codec.name(type.name(), e)).toList();
    JsonNode summary = type.summary(next);
    long version = state.version() + events.size();
    Reply.Applied applied = new Reply.Applied(ref, version, summary, names, ask.dryRun());
    if (events.isEmpty() || ask.dryRun()) {
      seen.end("applied");
      return Effect().reply(ask.replyTo(), applied);
    }
    int size = Codec.bytes(next).length;
    if (size > ports.settings().stateBytesMax()) {
      answer(ending, Message.EndAlone.INSTANCE);
      return refuse(
          ask,
          seen,
          Problem.of(
                  Problem.Kind.TOO_LARGE,
                  "state-too-large",
                  ref
                      + " would take "
                      + size
                      + " bytes; the limit is "
                      + ports.settings().stateBytesMax())
              .todo("send less, or split it"));
    }
    List<Agenda.Row> wanted = reactor.rows(next);
    List<Agenda.Row> missing = wanted.stream().filter(row -> !durableRows.contains(row)).toList();
    if (!missing.isEmpty() && !ports.agenda().joinsJournal()) {
      awaitingRows = true;
      shell
          .actor()
          .pipeToSelf(
              ports.agenda().put(missing),
              (_, failure) -> new Message.RowsDurable(ask, now, failure));
      rowsInFlight = missing;
      seen.end("rows-first");
      return Effect().noReply();
    }
    Journaled.AgendaChange rows =
        new Journaled.AgendaChange(missing, gone(reactor.rows(state.state()), wanted));
    boolean together = ports.agenda().joinsJournal();
    List<Journaled.Attached> attached = new ArrayList<>();
    if (together) {
      attached.addAll(reactor.begins(state.state(), next, ask.origin(), now));
    }
    if (ending != null) {
      attached.add(ending.end());
    }
    boolean summaryChanged = state.version() == 0 || !summary.equals(summary(state));
    summarized = summary;
    summarizedAt = version;
    List<Journaled> stored =
        Journaled.of(
            events,
            ask.origin(),
            now,
            digest,
            summaryChanged ? summary : null,
            together && !rows.isEmpty() ? rows : null,
            attached);
    if (together
        && rows.isEmpty()
        && attached.isEmpty()
        && offered == null
        && reactor.offerEnd(
            state.state(), next, new Journaled.Attached(ref, state.version() + 1, stored))) {
      offered = new Offered<>(next, stored, ask, applied, rows, names, seen);
      offerAgain();
      return Effect().noReply();
    }
    return store(stored, ask, applied, rows, names, seen, ending);
  }

  /** Made once for each state: it is what the next one is compared with. */
  private JsonNode summary(ShellState<S> state) {
    return summarized != null && summarizedAt == state.version()
        ? summarized
        : type.summary(state.state());
  }

  private ReplyEffect<Journaled, ShellState<S>> store(
      List<Journaled> stored,
      Message.Ask ask,
      Reply.Applied applied,
      Journaled.AgendaChange rows,
      List<String> names,
      Observation seen,
      Message.@Nullable OperationEnding ending) {
    writing = ask.replyTo();
    EffectBuilder<Journaled, ShellState<S>> effect =
        Effect()
            .persist(stored)
            .thenRun(after -> {
              writing = null;
              answer(ending, Message.EndStored.INSTANCE);
              stored(after, names, ask.origin(), rows, seen);
            });
    return effect.thenReply(ask.replyTo(), _ -> applied);
  }

  /** Its last events, in the hands of its owner. */
  private record Offered<S>(
      S next,
      List<Journaled> events,
      Message.Ask ask,
      Reply.Applied applied,
      Journaled.AgendaChange rows,
      List<String> names,
      Observation seen) {}

  private void offerAgain() {
    shell.timers().startSingleTimer("offer-end", Message.OfferEnd.INSTANCE, OFFER_EVERY);
  }

  /** Until the owner has answered nothing else may change it. */
  private ReplyEffect<Journaled, ShellState<S>> ending(
      ShellState<S> state, Message message, Offered<S> offer) {
    return switch (message) {
      case Message.EndStored _ -> {
        offer.seen().end("applied");
        offer.ask().replyTo().tell(offer.applied());
        leaving = true;
        yield Effect().stop().thenNoReply();
      }
      case Message.EndAlone _ -> {
        offered = null;
        shell.timers().cancel("offer-end");
        yield store(
            offer.events(),
            offer.ask(),
            offer.applied(),
            offer.rows(),
            offer.names(),
            offer.seen(),
            null);
      }
      case Message.OfferEnd _ -> {
        reactor.offerEnd(
            state.state(),
            offer.next(),
            new Journaled.Attached(ref, state.version() + 1, offer.events()));
        offerAgain();
        yield Effect().noReply();
      }
      case Message.Stop _ -> stop();
      case Message.Remote remote -> {
        Reply notNow =
            new Reply.NotNow(
                OFFER_EVERY, true, Problem.unavailable("ending", ref + " is about to end"));
        yield Effect().reply(remote.replyTo(), notNow);
      }
      case Message.Local _ -> Effect().noReply();
    };
  }

  private static void answer(Message.@Nullable OperationEnding ending, Message answer) {
    if (ending != null) {
      ending.actor().tell(answer);
    }
  }

  /** What it makes of its operation's end, stored together with that end. */
  private ReplyEffect<Journaled, ShellState<S>> settleTogether(
      ShellState<S> state, Message.OperationEnding ending) {
    boolean wanted =
        type.operations(state.state()).stream()
            .anyMatch(request -> request.id().equals(ending.operation()));
    var command =
        wanted
            ? type.settle(state.state(), ending.operation(), ending.outcome())
            : java.util.Optional.<C>empty();
    Instant now = now();
    if (command.isPresent()
        && type.decide(state.state(), command.get(), now) instanceof Decision.Accept<E>(var events)
        && !events.isEmpty()) {
      Origin origin = Origin.of("operation:" + ref.operation(ending.operation()).id());
      return accept(
          state,
          new Message.Ask(command.get(), origin, false, shell.actor().getSystem().ignoreRef()),
          events,
          null,
          now,
          ports.telemetry().command(ref, codec.name(type.name(), command.get()), origin),
          ending);
    }
    answer(ending, Message.EndAlone.INSTANCE);
    return Effect().noReply();
  }

  /** The names of the rows that are wanted no more. */
  private static List<String> gone(List<Agenda.Row> before, List<Agenda.Row> after) {
    Set<String> names = new LinkedHashSet<>();
    before.forEach(row -> names.add(row.name()));
    after.forEach(row -> names.remove(row.name()));
    return List.copyOf(names);
  }

  private void stored(
      ShellState<S> after,
      List<String> names,
      Origin origin,
      Journaled.AgendaChange rows,
      Observation seen) {
    log.atDebug()
        .addKeyValue("entity", ref)
        .addKeyValue("version", after.version())
        .addKeyValue("events", names)
        .addKeyValue("principal", origin.principal())
        .log("stored");
    durableRows.addAll(rows.puts());
    durableRows.retainAll(new HashSet<>(reactor.rows(after.state())));
    if (!ports.agenda().joinsJournal() && !rows.removes().isEmpty()) {
      ports.agenda().remove(ref, rows.removes()); // one that stays is found unwanted when it is due
    }
    seen.end("applied");
    reactor.react(after.state(), after.version(), origin);
  }

  private ReplyEffect<Journaled, ShellState<S>> rowsDurable(
      ShellState<S> state, Message.RowsDurable durable) {
    awaitingRows = false;
    List<Agenda.Row> rows = rowsInFlight;
    rowsInFlight = List.of();
    if (durable.failure() == null) {
      durableRows.addAll(rows);
      return ask(state, durable.waiting(), durable.now()).thenUnstashAll();
    }
    log.atWarn()
        .addKeyValue("entity", ref)
        .setCause(durable.failure())
        .log("agenda rows could not be written");
    Reply notNow =
        new Reply.NotNow(
            Duration.ofSeconds(1),
            true,
            Problem.unavailable("agenda-unavailable", "the control database does not answer"));
    return Effect().reply(durable.waiting().replyTo(), notNow).thenUnstashAll();
  }

  /** The first answer again, from the state at the version it led to. */
  private ReplyEffect<Journaled, ShellState<S>> again(
      ShellState<S> state, Message.Ask ask, ShellState.Key known, String digest, Observation seen) {
    if (!known.digest().equals(digest)) {
      return refuse(
          ask,
          seen,
          Problem.invalid(
                  "idempotency-key-reused",
                  "this idempotency key came with another command before (event "
                      + known.version()
                      + ")")
              .at("Idempotency-Key")
              .todo("use a new key for a new command"));
    }
    seen.end("repeated");
    if (known.version() == state.version()) {
      return Effect()
          .reply(
              ask.replyTo(),
              new Reply.Applied(
                  ref, known.version(), type.summary(state.state()), List.of(), false));
    }
    history
        .at(ref, known.version())
        .whenComplete((past, failure) ->
            ask.replyTo()
                .tell(
                    failure == null
                        ? new Reply.Applied(ref, known.version(), past.summary(), List.of(), false)
                        : new Reply.NotNow(
                            Duration.ofSeconds(1),
                            true,
                            Problem.unavailable(
                                "journal-unavailable", "the journal does not answer"))));
    return Effect().noReply();
  }

  private ReplyEffect<Journaled, ShellState<S>> refuse(
      Message.Ask ask, Observation seen, Problem problem) {
    seen.end("refused");
    return Effect().reply(ask.replyTo(), new Reply.Refused(problem));
  }

  private Reply read(ShellState<S> state) {
    if (!type.exists(state.state())) {
      return new Reply.Refused(Problem.notFound(type.name() + "-not-found", "there is no " + ref));
    }
    return new Reply.Applied(ref, state.version(), type.view(state.state()), List.of(), false);
  }

  /**
   * A row came due: rows nobody wants go, an alarm becomes a command, a running operation is kept
   * awake.
   */
  private ReplyEffect<Journaled, ShellState<S>> wake(ShellState<S> state, Message.Wake wake) {
    wake.replyTo()
        .tell(
            new Reply.Applied(ref, state.version(), type.summary(state.state()), List.of(), false));
    // due by the agenda's time is due: this node's clock may be wrong
    Instant clock = now();
    Instant now = wake.due() != null && wake.due().isAfter(clock) ? wake.due() : clock;
    Alarm alarm =
        type.alarms(state.state()).stream()
            .filter(a ->
                a.name().equals(wake.name())
                    && !a.due().truncatedTo(ChronoUnit.MICROS).isAfter(now)) // as the row has it
            .findFirst()
            .orElse(null);
    if (alarm != null) { // not one that was moved to a later time since
      int missed = alarm.every() == null ? wake.missed() : alarm.missed(now);
      var command = type.alarm(state.state(), wake.name(), missed);
      if (command.isPresent()) {
        return ask(
            state,
            new Message.Ask(
                command.get(),
                Origin.of("alarm:" + wake.name()),
                false,
                shell.actor().getSystem().ignoreRef()),
            now);
      }
    }
    reactor.onMessage(state.state(), state.version(), wake);
    return Effect().noReply();
  }

  private ReplyEffect<Journaled, ShellState<S>> settle(
      ShellState<S> state, String operation, Outcome outcome) {
    boolean wanted =
        type.operations(state.state()).stream().anyMatch(request -> request.id().equals(operation));
    var command =
        wanted ? type.settle(state.state(), operation, outcome) : java.util.Optional.<C>empty();
    if (command.isEmpty()) {
      reactor.onMessage(
          state.state(), state.version(), new Message.OperationEnded(operation, outcome));
      return Effect().noReply();
    }
    if (awaitingRows) {
      return Effect().stash();
    }
    return ask(
        state,
        new Message.Ask(
            command.get(),
            Origin.of("operation:" + ref.operation(operation).id()),
            false,
            shell.actor().getSystem().ignoreRef()),
        now());
  }

  private ShellState<S> apply(ShellState<S> state, Journaled journaled) {
    long version = state.version() + 1;
    if (ports.quarantines().skips(ref).contains(version)) {
      return new ShellState<>(state.state(), version, state.keys());
    }
    ports.quarantines().folding(ref, version);
    S next = fold(type, codec, state.state(), version, journaled);
    return state.after(journaled, next, ports.settings().keysMax());
  }

  /**
   * The state after one more event, here and wherever the past is read.
   *
   * @throws PoisonEvent when the event cannot be folded
   */
  static <S, C, E> S fold(
      EntityType<S, C, E> type, Codec codec, S state, long version, Journaled journaled) {
    if (journaled.event() instanceof Unreadable(var manifest, var tooNew, var why)) {
      throw new PoisonEvent(version, tooNew, manifest + ": " + why, null);
    }
    try {
      @SuppressWarnings("unchecked")
      E event = (E) journaled.event();
      return type.evolve(state, event);
    } catch (RuntimeException | StackOverflowError e) { // both leave the state as it was
      throw new PoisonEvent(
          version, false, codec.name(type.name(), journaled.event()) + ": " + e.getMessage(), e);
    }
  }
}
