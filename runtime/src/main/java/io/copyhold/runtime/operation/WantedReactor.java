package io.copyhold.runtime.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.entity.Alarm;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.Message;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Reactor;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.entity.ShellContext;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.journal.Mappers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what an entity's state wants: an actor per wanted operation, started once by its id, and an
 * agenda row per wanted alarm and one for the operations together, so that someone wakes the entity
 * when its node dies.
 */
final class WantedReactor<S> implements Reactor<S> {
  /** Name of the agenda row of an entity that has operations. */
  static final String OPERATIONS_ROW = Agenda.OPERATIONS;

  /** An entity all of whose operations wait for people is looked at this often. */
  private static final Duration SWEEP = Duration.ofHours(1);

  /** Waiting for less than this is no reason to leave memory. */
  private static final Duration PARK_MIN = Duration.ofMinutes(1);

  private static final Logger log = LoggerFactory.getLogger(WantedReactor.class);

  /** An operation's actor and, while it is parked, until when. */
  private static final class Child {
    private final ActorRef<Message> actor;
    private boolean parked;
    private @Nullable Instant until;

    Child(ActorRef<Message> actor) {
      this.actor = actor;
    }
  }

  private record ChildGone(String id) {}

  /** The newest version the journal has, asked because of a row that is not wanted. */
  private record Newest(String row, @Nullable Long version) {}

  private final EntityType<S, ?, ?> type;
  private final ShellContext shell;
  private final Operations operations;
  private final EntityRef ref;
  private final Map<String, Child> children = new HashMap<>();
  private final Map<String, Operations.Birth> births = new HashMap<>();
  private @Nullable Instant busyDue;
  private int spawned;
  private @Nullable Runnable stopped;

  WantedReactor(EntityType<S, ?, ?> type, ShellContext shell, Operations operations) {
    this.type = type;
    this.shell = shell;
    this.operations = operations;
    this.ref = shell.entity();
  }

  @Override
  public List<Agenda.Row> rows(S state) {
    List<Agenda.Row> rows = new ArrayList<>();
    for (Alarm alarm : type.alarms(state)) {
      rows.add(new Agenda.Row(ref, alarm.name(), alarm.due()));
    }
    if (!type.operations(state).isEmpty()) {
      if (busyDue == null) {
        busyDue = nextBusyDue();
      }
      rows.add(new Agenda.Row(ref, OPERATIONS_ROW, busyDue));
    }
    return rows;
  }

  /** The start of each operation that is new, and the intent of its first attempt. */
  @Override
  public List<Journaled.Attached> begins(S before, S after, Origin origin, Instant now) {
    births.clear();
    List<OperationRequest> wanted = type.operations(after);
    if (wanted.isEmpty() || stopped != null || term() == null) {
      return List.of();
    }
    Set<String> known = ids(type.operations(before));
    known.addAll(children.keySet());
    List<Journaled.Attached> begun = new ArrayList<>();
    for (OperationRequest request : wanted) {
      OperationType<?> operation = operations.types().newest(request.type()).orElse(null);
      if (operation != null && !known.contains(request.id())) {
        begun.add(begin(request, operation, origin, now));
      }
    }
    return begun;
  }

  private Journaled.Attached begin(
      OperationRequest request, OperationType<?> operation, Origin origin, Instant now) {
    long term = java.util.Objects.requireNonNull(term());
    Operation.Command begin =
        new Operation.Command.ReportAndBegin(
            new Operation.Command.Start(
                plan(ref, request.id(), operation, request.input(), origin.traceparent())),
            new Operation.Command.Begin(shell.ports().node(), term, 0));
    Operation state = new Operation.NotStarted();
    if (!(Operation.decide(state, begin, now)
        instanceof Decision.Accept<Operation.Event>(var events))) {
      throw new IllegalStateException(ref + " cannot begin " + request.id());
    }
    for (Operation.Event event : events) {
      state = Operation.evolve(state, event);
    }
    births.put(request.id(), new Operations.Birth(term, events.size()));
    return new Journaled.Attached(
        ref.operation(request.id()),
        1,
        Journaled.of(
            events,
            Origin.of("entity:" + ref),
            now,
            null,
            OperationEntity.TYPE.summary(state),
            null,
            List.of()));
  }

  /** Null when it is not known at once. */
  private @Nullable Long term() {
    var term = shell.ports().ownership().acquire(ref).toCompletableFuture();
    return term.isDone() && !term.isCompletedExceptionally() ? term.join() : null;
  }

  private static Set<String> ids(List<OperationRequest> requests) {
    Set<String> ids = new HashSet<>();
    requests.forEach(request -> ids.add(request.id()));
    return ids;
  }

  @Override
  public void react(S state, long version, Origin origin) {
    if (stopped != null) {
      return;
    }
    List<OperationRequest> wanted = type.operations(state);
    for (OperationRequest request : wanted) {
      if (!children.containsKey(request.id())) {
        start(request, origin);
      }
    }
    births.clear();
    Set<String> ids = ids(wanted);
    for (Map.Entry<String, Child> entry : children.entrySet()) {
      if (!ids.contains(entry.getKey())) {
        entry.getValue().actor.tell(Message.Stop.INSTANCE);
      }
    }
    if (wanted.isEmpty()) {
      busyDue = null;
    }
  }

  private void start(OperationRequest request, Origin origin) {
    OperationType<?> operation = operations.types().newest(request.type()).orElse(null);
    if (operation == null) {
      log.atError()
          .addKeyValue("entity", ref)
          .addKeyValue("operation", request.id())
          .addKeyValue("type", request.type())
          .log("stranded: this node knows no such operation type");
    }
    Operations.Birth birth = births.get(request.id());
    Child child = new Child(spawn(request.id(), birth)); // one that has started says so itself
    children.put(request.id(), child);
    if (operation != null && birth == null) {
      tellStart(child, request, operation, origin);
    }
  }

  /** Safe to repeat: an operation starts once. */
  private void tellStart(
      Child child, OperationRequest request, OperationType<?> operation, Origin origin) {
    child.actor.tell(
        new Message.Ask(
            new Operation.Command.Start(
                plan(ref, request.id(), operation, request.input(), origin.traceparent())),
            Origin.of("entity:" + ref),
            false,
            shell.actor().getSystem().ignoreRef()));
  }

  /** The journal failed the operation's actor before it had stored its start. */
  private void startAgain(S state, String id) {
    Child child = children.get(id);
    for (OperationRequest request : type.operations(state)) {
      OperationType<?> operation = operations.types().newest(request.type()).orElse(null);
      if (request.id().equals(id) && child != null && operation != null) {
        tellStart(child, request, operation, Origin.SYSTEM);
      }
    }
  }

  private ActorRef<Message> spawn(String id, Operations.@Nullable Birth birth) {
    ActorRef<Message> actor =
        shell
            .actor()
            .spawn(
                operations.behavior(ref, id, shell.actor().getSelf(), shell.ports(), birth),
                id.replace('/', '-') + "-" + ++spawned);
    shell.actor().watchWith(actor, new Message.Reaction(new ChildGone(id)));
    return actor;
  }

  static Operation.Plan plan(
      EntityRef owner,
      String id,
      OperationType<?> type,
      Object input,
      @Nullable String traceparent) {
    JsonNode tree = input instanceof JsonNode node ? node : Mappers.tree(input, input.getClass());
    return new Operation.Plan(
        owner.toString(),
        id,
        type.name(),
        type.version(),
        tree,
        stepNames(type, tree),
        traceparent);
  }

  private static <I> List<String> stepNames(OperationType<I> type, JsonNode input) {
    try {
      return type.steps(Mappers.JSON.treeToValue(input, type.input())).stream()
          .map(Step::name)
          .toList();
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalArgumentException(type.name() + " cannot read its input", e);
    }
  }

  @Override
  public void onMessage(S state, long version, Message message) {
    switch (message) {
      case Message.Signal signal -> signal(signal);
      case Message.Prove prove -> prove(prove);
      case Message.Wake(var name, _, _, _) -> woken(state, name);
      case Message.OperationParked(var id, var until) -> parked(id, until);
      case Message.OperationUnparked(var id) -> unparked(id);
      case Message.OperationAwaited(var id) -> startAgain(state, id);
      case Message.OperationEnded(var id, _) -> {
        if (type.operations(state).stream().anyMatch(request -> request.id().equals(id))) {
          log.atError()
              .addKeyValue("entity", ref)
              .addKeyValue("operation", id)
              .log("the operation ended and its owner still wants it");
        } else if (children.get(id) instanceof Child child) {
          child.actor.tell(Message.Stop.INSTANCE);
        }
      }
      case Message.Reaction(ChildGone(var id)) -> {
        children.remove(id);
        if (stopped == null) {
          react(state, version, Origin.SYSTEM);
        } else if (children.isEmpty()) {
          stopped.run();
        }
      }
      case Message.Reaction(Newest newest) -> verified(state, version, newest);
      case Message.Ask _,
          Message.Read _,
          Message.Stop _,
          Message.Idle _,
          Message.RowsDurable _,
          Message.OperationEnding _,
          Message.EndStored _,
          Message.EndAlone _,
          Message.OfferEnd _,
          Message.Reaction _,
          Message.Released _ -> {}
    }
  }

  /**
   * To the operation named, or, for {@code provision/1/backup/1}, through {@code provision/1} to
   * its child.
   */
  private void signal(Message.Signal signal) {
    String name = signal.operation();
    for (Map.Entry<String, Child> entry : children.entrySet()) {
      String id = entry.getKey();
      if (name.equals(id)) {
        entry
            .getValue()
            .actor
            .tell(
                new Message.Ask(
                    signal.command(), signal.origin(), signal.dryRun(), signal.replyTo()));
        return;
      }
      if (name.startsWith(id + "/")) {
        entry
            .getValue()
            .actor
            .tell(
                new Message.Signal(
                    name.substring(id.length() + 1),
                    signal.command(),
                    signal.origin(),
                    signal.dryRun(),
                    signal.replyTo()));
        return;
      }
    }
    signal
        .replyTo()
        .tell(
            new Reply.Refused(
                Problem.conflict("operation-not-running", ref + " has no running operation " + name)
                    .todo("list its operations; one that ended takes no signals")));
  }

  /** As a signal goes: to the operation named, or through it to its child. */
  private void prove(Message.Prove prove) {
    String name = prove.operation();
    for (Map.Entry<String, Child> entry : children.entrySet()) {
      String id = entry.getKey();
      if (name.equals(id) || name.startsWith(id + "/")) {
        entry
            .getValue()
            .actor
            .tell(
                new Message.Prove(
                    name.equals(id) ? "" : name.substring(id.length() + 1), prove.replyTo()));
        return;
      }
    }
    prove
        .replyTo()
        .tell(
            new Reply.Refused(
                Problem.conflict("operation-not-running", ref + " runs no operation " + name)));
  }

  private void woken(S state, String name) {
    List<Agenda.Row> wanted = rows(state).stream().filter(row -> row.name().equals(name)).toList();
    if (wanted.isEmpty()) {
      verify(name);
    } else if (name.equals(OPERATIONS_ROW)) {
      putBusyRow();
    } else { // woken before its time: the row goes back to it
      shell.ports().agenda().put(wanted);
    }
  }

  /**
   * A row that is not wanted may be another's, if this actor has been replaced by one on another
   * node and does not know. So it asks the journal first.
   */
  private void verify(String name) {
    shell
        .actor()
        .pipeToSelf(
            operations.history().at(ref, Long.MAX_VALUE),
            (past, failure) ->
                new Message.Reaction(new Newest(name, failure == null ? past.version() : null)));
  }

  private void verified(S state, long version, Newest newest) {
    if (newest.version() == null || stopped != null) {
      return; // the row comes again
    }
    if (newest.version() > version) {
      throw new IllegalStateException(
          ref + " is at " + newest.version() + " in the journal and at " + version + " here");
    }
    if (rows(state).stream().noneMatch(row -> row.name().equals(newest.row()))) {
      shell.ports().agenda().removeDue(ref, newest.row());
    }
  }

  private void parked(String id, @Nullable Instant until) {
    Child child = children.get(id);
    if (child != null) {
      child.parked = true;
      child.until = until;
      putBusyRow();
    }
  }

  private void unparked(String id) {
    Child child = children.get(id);
    if (child != null && child.parked) {
      child.parked = false;
      child.until = null;
      putBusyRow();
    }
  }

  private void putBusyRow() {
    if (children.isEmpty()) {
      return;
    }
    busyDue = nextBusyDue();
    shell.ports().agenda().put(List.of(new Agenda.Row(ref, OPERATIONS_ROW, busyDue)));
  }

  private Instant nextBusyDue() {
    Instant now = shell.ports().clock().instant();
    if (children.isEmpty() || !children.values().stream().allMatch(child -> child.parked)) {
      return now.plus(shell.ports().settings().busyDue());
    }
    Instant due = now.plus(SWEEP);
    for (Child child : children.values()) {
      if (child.until != null && child.until.isBefore(due)) {
        due = child.until;
      }
    }
    return due;
  }

  @Override
  public boolean busy() {
    Instant soon = shell.ports().clock().instant().plus(PARK_MIN);
    return children.values().stream()
        .anyMatch(child -> !child.parked || (child.until != null && child.until.isBefore(soon)));
  }

  @Override
  public void stop(Runnable whenStopped) {
    stopped = whenStopped;
    if (children.isEmpty()) {
      whenStopped.run();
    }
    children.values().forEach(child -> child.actor.tell(Message.Stop.INSTANCE));
  }
}
