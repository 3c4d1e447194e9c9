package io.copyhold.runtime.agenda;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.agenda.Agenda.Due;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.sharding.typed.javadsl.ShardedDaemonProcess;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what is due and wakes it, in workers spread over the cluster, each with its range of
 * entities. A worker has a bounded number of wake-ups under way: few at the start and after
 * trouble, doubled by each full round that went well. When a member of the cluster is removed, or
 * rows of a node are found that is no member, that node's rows are due at once.
 */
@PortAdapter
public final class AgendaDaemon extends AbstractBehavior<AgendaDaemon.Message> {
  private static final Logger log = LoggerFactory.getLogger(AgendaDaemon.class);

  /**
   * Wakes one entity; completes with false when it should be tried again later, at a slower pace.
   */
  public interface Waker {
    CompletionStage<Boolean> wake(Due row);
  }

  /** What a worker understands. */
  public sealed interface Message {}

  private enum Look implements Message {
    INSTANCE
  }

  private enum Stop implements Message {
    INSTANCE
  }

  private record Taken(@Nullable List<Due> due, @Nullable Throwable failure) implements Message {}

  private record Woken(boolean well) implements Message {}

  private record Removed(Member member) implements Message {}

  private record Nodes(@Nullable Set<String> nodes) implements Message {}

  private record Done() implements Message {}

  private final TimerScheduler<Message> timers;
  private final Agenda agenda;
  private final AgendaSettings settings;
  private final Waker waker;
  private final int range;
  private int window;
  private int inFlight;
  private int round;
  private boolean roundWell = true;
  private boolean failing;

  private AgendaDaemon(
      ActorContext<Message> context,
      TimerScheduler<Message> timers,
      Agenda agenda,
      AgendaSettings settings,
      Waker waker,
      int range) {
    super(context);
    this.timers = timers;
    this.agenda = agenda;
    this.settings = settings;
    this.waker = waker;
    this.range = range;
    this.window = settings.inFlightMin();
    ActorRef<MemberRemoved> removed =
        context.messageAdapter(MemberRemoved.class, event -> new Removed(event.member()));
    Cluster.get(context.getSystem())
        .subscriptions()
        .tell(Subscribe.create(removed, MemberRemoved.class));
    context.pipeToSelf(agenda.nodes(), (nodes, _) -> new Nodes(nodes));
    context.getSelf().tell(Look.INSTANCE);
  }

  /** Starts this node's share of the workers; call it on every node, with the same settings. */
  public static void start(
      ActorSystem<?> system, Agenda agenda, AgendaSettings settings, Waker waker) {
    ShardedDaemonProcess.get(system)
        .init(
            Message.class,
            "agenda",
            settings.ranges(),
            range -> worker(agenda, settings, waker, range),
            Stop.INSTANCE);
  }

  private static Behavior<Message> worker(
      Agenda agenda, AgendaSettings settings, Waker waker, int range) {
    return Behaviors.supervise(
            Behaviors.<Message>setup(context ->
                Behaviors.withTimers(
                    timers -> new AgendaDaemon(context, timers, agenda, settings, waker, range))))
        .onFailure(
            SupervisorStrategy.restartWithBackoff(
                settings.poll(), settings.poll().multipliedBy(16), 0.2));
  }

  /** A member as its rows in the agenda name it: address and incarnation. */
  public static String node(Member member) {
    return member.uniqueAddress().address()
        + "#"
        + Long.toUnsignedString(member.uniqueAddress().longUid());
  }

  @Override
  public Receive<Message> createReceive() {
    return newReceiveBuilder().onMessage(Message.class, this::on).build();
  }

  private Behavior<Message> on(Message message) {
    switch (message) {
      case Look _ -> look();
      case Taken(var due, var failure) -> taken(due, failure);
      case Woken(var well) -> woken(well);
      case Removed(var member) -> wakeAllOf(node(member));
      case Nodes(var nodes) -> {
        if (nodes != null) {
          nodes.stream().filter(node -> !members().contains(node)).forEach(this::wakeAllOf);
        }
      }
      case Done _ -> {}
      case Stop _ -> {
        return Behaviors.stopped();
      }
    }
    return this;
  }

  private Set<String> members() {
    Set<String> members = new HashSet<>();
    Cluster.get(getContext().getSystem())
        .state()
        .getMembers()
        .forEach(member -> members.add(node(member)));
    return members;
  }

  private void wakeAllOf(String node) {
    getContext()
        .pipeToSelf(
            agenda.wakeAllOf(node),
            (woken, failure) -> {
              if (failure != null) {
                log.atWarn()
                    .addKeyValue("node", node)
                    .setCause(failure)
                    .log("rows of a lost node not woken; they come when they are due");
              } else if (woken > 0) {
                log.atInfo()
                    .addKeyValue("node", node)
                    .addKeyValue("rows", woken)
                    .log("woke what a lost node was busy with");
              }
              return new Done();
            });
  }

  private void look() {
    getContext()
        .pipeToSelf(
            agenda.take(range, settings.ranges(), window, settings.visibility()), Taken::new);
  }

  private void taken(@Nullable List<Due> due, @Nullable Throwable failure) {
    if (due == null) {
      window = settings.inFlightMin();
      if (!failing) {
        failing = true;
        log.atWarn()
            .addKeyValue("range", range)
            .setCause(failure)
            .log("agenda not read; will be retried");
      }
      later();
      return;
    }
    failing = false;
    if (due.isEmpty()) {
      later();
      return;
    }
    round = due.size();
    roundWell = true;
    inFlight = round;
    for (Due row : due) {
      getContext().pipeToSelf(waker.wake(row), (well, _) -> new Woken(Boolean.TRUE.equals(well)));
    }
  }

  private void woken(boolean well) {
    roundWell &= well;
    if (--inFlight > 0) {
      return;
    }
    if (!roundWell) {
      window = settings.inFlightMin();
      later();
    } else if (round == window) {
      window = Math.min(settings.inFlightMax(), window * 2);
      look();
    } else {
      later();
    }
  }

  private void later() {
    timers.startSingleTimer(Look.INSTANCE, settings.poll());
  }
}
