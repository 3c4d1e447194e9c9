package io.copyhold.config.node;

import io.copyhold.config.node.NodeRegister.Self;
import io.copyhold.config.node.NodeRegister.State;
import io.copyhold.config.node.NodeRegister.View;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.ClusterEvent;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Down;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.apache.pekko.cluster.typed.Subscribe;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings this node into the cluster and keeps its row in the register; one actor per node, spawned
 * by the guardian. {@link Step} says by which rules. When the register is away, a member stays a
 * member and a node that has not joined waits.
 *
 * <p>A node that leaves goes on to show itself while it hands over. On a clean stop of the actor
 * system the row goes before the system ends.
 */
public final class Membership extends AbstractBehavior<Membership.Command> {
  private static final Logger log = LoggerFactory.getLogger(Membership.class);

  /** What the actor hears; nobody else sends it anything. */
  public sealed interface Command {}

  private enum Registered implements Command {
    INSTANCE
  }

  private enum Beat implements Command {
    INSTANCE
  }

  private record Seen(View view) implements Command {}

  private record Formed(long incarnation, boolean won) implements Command {}

  private record Failed(String doing, Throwable cause) implements Command {}

  private record Gone(Set<Long> uids) implements Command {}

  private enum Told implements Command {
    INSTANCE
  }

  private final NodeRegister register;
  private final MembershipSettings settings;
  private final Executor blocking;
  private final Consumer<Departure> leave;
  private final TimerScheduler<Command> timers;
  private final Cluster cluster;
  private final Self self;
  private final Supplier<String> report;
  private final Consumer<View> seen;

  private boolean registered;
  private boolean inCluster;
  private boolean formed;
  private long incarnation;
  private Set<String> joining = Set.of();
  private CompletableFuture<?> asking = CompletableFuture.completedFuture(null);
  private boolean left;
  private boolean departing;
  private String saying = "";
  private Duration saidFor = Duration.ZERO;

  /**
   * The behavior.
   *
   * @param name of this node, for people
   * @param blocking where calls to the register block; virtual threads will do
   * @param leave called when this node must end
   * @param report what the node says of itself, a JSON object; must not block
   * @param seen hears what each look around has shown
   */
  public static Behavior<Command> create(
      String name,
      NodeRegister register,
      MembershipSettings settings,
      Executor blocking,
      Consumer<Departure> leave,
      Supplier<String> report,
      Consumer<View> seen) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers ->
            new Membership(
                context, timers, name, register, settings, blocking, leave, report, seen)));
  }

  private Membership(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      String name,
      NodeRegister register,
      MembershipSettings settings,
      Executor blocking,
      Consumer<Departure> leave,
      Supplier<String> report,
      Consumer<View> seen) {
    super(context);
    this.register = register;
    this.settings = settings;
    this.blocking = blocking;
    this.leave = leave;
    this.report = report;
    this.seen = seen;
    this.timers = timers;
    this.cluster = Cluster.get(context.getSystem());
    Member me = cluster.selfMember();
    this.self =
        new Self(
            me.address().toString(),
            me.uniqueAddress().longUid(),
            name,
            ProcessHandle.current().pid());
    CoordinatedShutdown.get(context.getSystem())
        .addTask(CoordinatedShutdown.PhaseClusterShutdown(), "leave-register", this::leaveRegister);
    ActorRef<MemberEvent> events = context.messageAdapter(MemberEvent.class, Membership::gone);
    cluster.subscriptions().tell(Subscribe.create(events, MemberEvent.class));
    register();
  }

  /** Members that were removed against their will; one that left well has removed its own row. */
  private static Gone gone(MemberEvent event) {
    return switch (event) {
      case ClusterEvent.MemberDowned downed ->
          new Gone(Set.of(downed.member().uniqueAddress().longUid()));
      case ClusterEvent.MemberRemoved removed
          when removed.previousStatus().equals(MemberStatus.down()) ->
          new Gone(Set.of(removed.member().uniqueAddress().longUid()));
      default -> new Gone(Set.of());
    };
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder()
        .onMessage(Registered.class, _ -> registered())
        .onMessage(Beat.class, _ -> beat())
        .onMessage(Seen.class, seen -> step(seen.view()))
        .onMessage(Formed.class, this::formed)
        .onMessage(Failed.class, this::failed)
        .onMessage(Gone.class, this::tellRemoved)
        .onMessage(Told.class, _ -> this)
        .build();
  }

  private Behavior<Command> registered() {
    registered = true;
    return beat();
  }

  private Behavior<Command> beat() {
    if (!registered) {
      register();
      return this;
    }
    MemberStatus status = cluster.selfMember().status();
    inCluster |= formed || !status.equals(MemberStatus.removed());
    boolean up =
        formed || status.equals(MemberStatus.up()) || status.equals(MemberStatus.weaklyUp());
    long mine = incarnation;
    ask(
        "look around",
        () -> register.heartbeat(self, up ? State.UP : State.STARTING, mine, report.get()),
        Seen::new);
    return this;
  }

  private Behavior<Command> step(View view) {
    seen.accept(view);
    for (NodeRegister.Row row : view.rows()) {
      PatientFailureDetector.ended(
          row.address(), row.state() == State.ENDED && row.uid() != self.uid());
    }
    switch (Step.next(view, self, inCluster, incarnation)) {
      case Step.Form(long seen) -> {
        ask("form a cluster", () -> register.form(self, seen), won -> new Formed(seen + 1, won));
        return this; // the next beat follows the answer
      }
      case Step.Join(long target, Set<String> addresses) -> {
        incarnation = target;
        if (addresses.equals(joining)) {
          say("cannot reach the members " + addresses + " of cluster " + target + " yet");
        } else {
          joining = addresses;
          List<Address> seeds = new ArrayList<>();
          addresses.stream().sorted().forEach(a -> seeds.add(AddressFromURIString.parse(a)));
          getContext().getLog().info("joining cluster {} at {}", target, addresses);
          cluster.manager().tell(new JoinSeedNodes(seeds));
        }
      }
      case Step.Wait(String reason) -> say(reason);
      case Step.Remove(Set<Long> uids) -> remove(uids);
      case Step.Leave(Departure departure) -> {
        if (!departing) {
          departing = true;
          getContext().getLog().warn("leaving: {}", departure.why());
          leave.accept(departure);
        }
        if (departure.kind() == Departure.Kind.GONE) {
          return Behaviors.stopped();
        }
      }
    }
    return later();
  }

  private Behavior<Command> formed(Formed answer) {
    if (answer.won()) {
      formed = true;
      inCluster = true;
      incarnation = answer.incarnation();
      getContext().getLog().info("forming cluster {}", incarnation);
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
    }
    return later();
  }

  private Behavior<Command> failed(Failed failed) {
    getContext()
        .getLog()
        .warn("cannot {}: {}; will try again", failed.doing(), failed.cause().getMessage());
    return later();
  }

  /** So that it knows, should it only have been asleep. */
  private Behavior<Command> tellRemoved(Gone gone) {
    if (!gone.uids().isEmpty() && !gone.uids().contains(self.uid())) {
      getContext()
          .pipeToSelf(
              CompletableFuture.runAsync(() -> register.removed(gone.uids()), blocking),
              (_, failure) -> {
                if (failure != null) {
                  log.atWarn().setCause(failure).log("the register was not told of a removal");
                }
                return Told.INSTANCE;
              });
    }
    return this;
  }

  private Behavior<Command> later() {
    timers.startSingleTimer(Beat.INSTANCE, settings.heartbeat());
    return this;
  }

  private void remove(Set<Long> uids) {
    for (Member member : cluster.state().getMembers()) {
      if (uids.contains(member.uniqueAddress().longUid())
          && !member.status().equals(MemberStatus.down())
          && !member.status().equals(MemberStatus.removed())) {
        getContext().getLog().info("removing {}: its process has ended", member.address());
        cluster.manager().tell(new Down(member.address()));
      }
    }
  }

  /** At once when it is new, then only now and then. */
  private void say(String reason) {
    saidFor = saidFor.plus(settings.heartbeat());
    if (!reason.equals(saying) || saidFor.compareTo(settings.sayAfter()) >= 0) {
      saying = reason;
      saidFor = Duration.ZERO;
      getContext().getLog().warn("not in a cluster yet: {}", reason);
    }
  }

  /** After the call that is under way, which would bring the row back. */
  private synchronized CompletionStage<Done> leaveRegister() {
    left = true;
    return asking
        .handle((_, _) -> Done.getInstance())
        .thenApplyAsync(
            done -> {
              register.leave(self);
              return done;
            },
            blocking);
  }

  private interface Call<T> {
    T call();
  }

  /** Asks the register, one call at a time; none after the row went. */
  private synchronized <T> void ask(String doing, Call<T> call, Function<T, Command> answer) {
    if (left) {
      return;
    }
    CompletableFuture<T> result = CompletableFuture.supplyAsync(call::call, blocking);
    asking = result;
    getContext().pipeToSelf(result, (v, e) -> e == null ? answer.apply(v) : new Failed(doing, e));
  }

  private void register() {
    ask(
        "register",
        () -> {
          register.register(self);
          return Registered.INSTANCE;
        },
        r -> r);
  }
}
