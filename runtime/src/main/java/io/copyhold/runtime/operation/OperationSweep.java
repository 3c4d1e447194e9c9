package io.copyhold.runtime.operation;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.Slices;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.Reply;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.ShardedDaemonProcess;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at every operation to which nothing has happened for a while, one after the other, and
 * checks what it says it waits for. What fails twice, in two passes and at the same version, is
 * journaled as stalled, with the failing proof, and its owner is woken, once. An operation that no
 * node can run is said to be stranded; as soon as one can, its owner is woken. Workers are spread
 * over the cluster, each with its range of operations.
 */
@PortAdapter
public final class OperationSweep extends AbstractBehavior<OperationSweep.Message> {
  private static final Logger log = LoggerFactory.getLogger(OperationSweep.class);
  private static final Origin SWEEP = Origin.of("sweep");

  /** What a worker understands. */
  public sealed interface Message {}

  private enum Pass implements Message {
    INSTANCE
  }

  private enum Next implements Message {
    INSTANCE
  }

  private enum Stop implements Message {
    INSTANCE
  }

  private record Listed(LiveOperations.@Nullable Page page, @Nullable Throwable failure)
      implements Message {}

  private record Looked(
      LiveOperations.Seen seen, Proofs.@Nullable Finding finding, @Nullable Throwable failure)
      implements Message {}

  private record Done() implements Message {}

  /**
   * What a look found.
   *
   * @param failed it did not hold at this version
   */
  private record Last(long version, Instant at, boolean failed, boolean stranded) {}

  /** What a worker needs. */
  public record Parts(
      LiveOperations operations,
      Proofs proofs,
      Entities entities,
      Definitions definitions,
      InstantSource clock,
      SweepSettings settings) {}

  private final TimerScheduler<Message> timers;
  private final Parts parts;
  private final SweepSettings settings;
  private final int range;
  private final Map<EntityRef, Last> lasts;
  private final ArrayDeque<LiveOperations.Seen> queue = new ArrayDeque<>();
  private @Nullable String rest;

  private OperationSweep(
      ActorContext<Message> context, TimerScheduler<Message> timers, Parts parts, int range) {
    super(context);
    this.timers = timers;
    this.parts = parts;
    this.settings = parts.settings();
    this.range = range;
    int max = settings.rememberedMax();
    this.lasts =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<EntityRef, Last> eldest) {
            return size() > max;
          }
        };
    later();
  }

  /** Starts this node's share of the workers; call it on every node, with the same settings. */
  public static void start(ActorSystem<?> system, Parts parts) {
    ShardedDaemonProcess.get(system)
        .init(
            Message.class,
            "operation-sweep",
            parts.settings().ranges(),
            range -> worker(parts, range),
            Stop.INSTANCE);
  }

  private static Behavior<Message> worker(Parts parts, int range) {
    return Behaviors.supervise(
            Behaviors.<Message>setup(context ->
                Behaviors.withTimers(timers -> new OperationSweep(context, timers, parts, range))))
        .onFailure(
            SupervisorStrategy.restartWithBackoff(
                parts.settings().every(), parts.settings().every().multipliedBy(8), 0.2));
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder().onMessage(Message.class, this::on).build();
  }

  private Behavior<Message> on(Message message) {
    switch (message) {
      case Pass _ -> {
        if (range == 0) {
          quietly(parts.definitions().keepOnly(parts.proofs().members().get()));
        }
        list(null);
      }
      case Listed(var page, var failure) -> listed(page, failure);
      case Next _ -> next();
      case Looked(var seen, var finding, var failure) -> looked(seen, finding, failure);
      case Done _ -> {}
      case Stop _ -> {
        return Behaviors.stopped();
      }
    }
    return this;
  }

  private void list(@Nullable String from) {
    getContext().pipeToSelf(parts.operations().page(from, settings.pageMax()), Listed::new);
  }

  private void listed(LiveOperations.@Nullable Page page, @Nullable Throwable failure) {
    if (page == null) {
      log.atWarn().setCause(failure).log("live operations not listed; will be tried again");
      later();
      return;
    }
    Instant now = parts.clock().instant();
    for (LiveOperations.Seen seen : page.seen()) {
      if (Slices.hash(seen.operation()) % settings.ranges() == range && wanted(seen, now)) {
        queue.add(seen);
      }
    }
    rest = page.next();
    next();
  }

  private boolean wanted(LiveOperations.Seen seen, Instant now) {
    Last last = lasts.get(seen.operation());
    return !now.isBefore(seen.updatedAt().plus(settings.quietAfter()))
        && (last == null
            || last.failed()
            || last.stranded()
            || seen.updatedAt().isAfter(last.at())
            || !now.isBefore(last.at().plus(settings.againAfter())));
  }

  private void next() {
    LiveOperations.Seen seen = queue.poll();
    if (seen != null) {
      getContext()
          .pipeToSelf(
              parts.proofs().of(seen.operation()),
              (finding, failure) -> new Looked(seen, finding, failure));
    } else if (rest != null) {
      list(rest);
    } else {
      later();
    }
  }

  private void looked(
      LiveOperations.Seen seen, Proofs.@Nullable Finding finding, @Nullable Throwable failure) {
    if (finding == null) {
      log.atDebug()
          .addKeyValue("operation", seen.operation())
          .setCause(failure)
          .log("not looked at; will be tried again");
    } else {
      judge(seen, finding);
    }
    timers.startSingleTimer(Next.INSTANCE, settings.pause());
  }

  private void judge(LiveOperations.Seen seen, Proofs.Finding finding) {
    EntityRef operation = seen.operation();
    Last before = lasts.get(operation);
    Proof failing = finding.failing().orElse(null);
    lasts.put(
        operation,
        new Last(finding.version(), parts.clock().instant(), failing != null, finding.stranded()));
    if (finding.stranded() && (before == null || !before.stranded())) {
      log.atError()
          .addKeyValue("operation", operation)
          .addKeyValue("type", seen.type())
          .log("stranded: no node of the cluster can run it");
    }
    if (finding.runnable() > 0) {
      wake(operation);
    }
    if (failing != null
        && before != null
        && before.failed()
        && before.version() == finding.version()) {
      stall(operation, finding.version(), failing);
    }
  }

  private void stall(EntityRef operation, long version, Proof failing) {
    Problem proof =
        Problem.unavailable("stalled", failing.text())
            .at(failing.kind())
            .todo("it was woken once; if it stays, look at its node and its owner, or cancel it");
    getContext()
        .pipeToSelf(
            parts
                .entities()
                .signal(
                    Proofs.owner(operation),
                    Proofs.name(operation),
                    new Operation.Command.Stall(proof),
                    SWEEP.withExpectedVersion(version))
                .thenCompose(reply -> {
                  if (reply instanceof Reply.Applied applied && !applied.events().isEmpty()) {
                    log.atError()
                        .addKeyValue("operation", operation)
                        .addKeyValue("proof", failing.text())
                        .log("stalled; woken once");
                    return wakeUp(operation);
                  }
                  if (reply instanceof Reply.Refused(var problem)
                      && problem.code().equals("operation-not-running")) {
                    log.atError()
                        .addKeyValue("operation", operation)
                        .addKeyValue("proof", failing.text())
                        .log("stalled, and its owner does not run it");
                  }
                  return CompletableFuture.completedStage(reply);
                }),
            (_, _) -> new Done());
  }

  private void wake(EntityRef operation) {
    quietly(wakeUp(operation));
  }

  private CompletionStage<Reply> wakeUp(EntityRef operation) {
    return parts.entities().wake(Proofs.owner(operation), Agenda.OPERATIONS, 0);
  }

  private void quietly(CompletionStage<?> stage) {
    getContext().pipeToSelf(stage, (_, _) -> new Done());
  }

  private void later() {
    timers.startSingleTimer(Pass.INSTANCE, settings.every());
  }
}
