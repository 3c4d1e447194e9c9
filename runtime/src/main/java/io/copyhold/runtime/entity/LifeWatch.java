package io.copyhold.runtime.entity;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.agenda.AgendaDaemon;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.MemberRemoved;
import org.apache.pekko.cluster.ClusterEvent.UnreachableMember;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes this node careful when it sees another one go without a farewell; one actor per node. */
@PortAdapter
public final class LifeWatch {
  private static final Logger log = LoggerFactory.getLogger(LifeWatch.class);

  /** What others condemned is known here this soon; the query finds nothing nearly always. */
  private static final Duration REFRESH = Duration.ofSeconds(5);

  private sealed interface Seen {
    record Gone(Member member) implements Seen {}

    record Silent() implements Seen {}

    record Tick() implements Seen {}

    record Done() implements Seen {}
  }

  private LifeWatch() {}

  public static void start(ActorSystem<?> system, NodeLife inHand) {
    system.systemActorOf(behavior(inHand), "life-watch", Props.empty());
  }

  /** The lives that are members of the cluster, as the agenda names them. */
  public static Supplier<Set<String>> members(ActorSystem<?> system) {
    Cluster cluster = Cluster.get(system);
    return () -> {
      Set<String> names = new HashSet<>();
      cluster
          .state()
          .getMembers()
          .forEach(member -> {
            if (!member.status().equals(MemberStatus.down())
                && !member.status().equals(MemberStatus.removed())) {
              names.add(AgendaDaemon.node(member));
            }
          });
      return names;
    };
  }

  private static Behavior<Seen> behavior(NodeLife inHand) {
    return Behaviors.setup(context ->
        Behaviors.withTimers(timers -> {
          var cluster = Cluster.get(context.getSystem()).subscriptions();
          cluster.tell(
              Subscribe.create(
                  context.messageAdapter(
                      MemberRemoved.class,
                      event ->
                          event.previousStatus().equals(MemberStatus.down())
                              ? new Seen.Gone(event.member())
                              : new Seen.Done()),
                  MemberRemoved.class));
          cluster.tell(
              Subscribe.create(
                  context.messageAdapter(UnreachableMember.class, _ -> new Seen.Silent()),
                  UnreachableMember.class));
          timers.startTimerWithFixedDelay(new Seen.Tick(), REFRESH);
          return Behaviors.receive(Seen.class)
              .onMessage(
                  Seen.class,
                  seen -> {
                    switch (seen) {
                      case Seen.Gone(var member) ->
                          context.pipeToSelf(
                              inHand.lost(AgendaDaemon.node(member)),
                              (_, failure) -> done("loss of a node not noted", failure));
                      case Seen.Silent _ -> inHand.beCareful();
                      case Seen.Tick _ ->
                          context.pipeToSelf(
                              inHand.refresh(), (_, failure) -> done("notes not read", failure));
                      case Seen.Done _ -> {}
                    }
                    return Behaviors.same();
                  })
              .build();
        }));
  }

  private static Seen done(String what, Throwable failure) {
    if (failure != null) {
      log.atDebug().setCause(failure).log(what + "; will be tried again");
    }
    return new Seen.Done();
  }
}
