package io.copyhold.http.node;

import io.copyhold.runtime.PortAdapter;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.ClusterEvent.ClusterDomainEvent;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.ClusterEvent.MemberEvent;
import org.apache.pekko.cluster.ClusterEvent.ReachabilityEvent;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Subscribe;

/** Whether nodes come or go just now, or did a moment ago: then shards are on their way. */
@PortAdapter
final class Shifting implements BooleanSupplier {
  /** Shards find their new node within this after the last change. */
  private static final Duration AFTERWARDS = Duration.ofSeconds(10);

  private final Cluster cluster;
  private volatile long lastChange = System.nanoTime();

  private Shifting(Cluster cluster) {
    this.cluster = cluster;
  }

  static Shifting watch(ActorSystem<?> system) {
    Cluster cluster = Cluster.get(system);
    Shifting shifting = new Shifting(cluster);
    Behavior<ClusterDomainEvent> listener =
        Behaviors.receive(ClusterDomainEvent.class)
            .onAnyMessage(_ -> {
              shifting.lastChange = System.nanoTime();
              return Behaviors.same();
            })
            .build();
    ActorRef<ClusterDomainEvent> events = system.systemActorOf(listener, "shifting", Props.empty());
    cluster.subscriptions().tell(Subscribe.create(events.narrow(), MemberEvent.class));
    cluster.subscriptions().tell(Subscribe.create(events.narrow(), ReachabilityEvent.class));
    return shifting;
  }

  @Override
  public boolean getAsBoolean() {
    CurrentClusterState state = cluster.state();
    if (!state.getUnreachable().isEmpty()
        || System.nanoTime() - lastChange < AFTERWARDS.toNanos()) {
      return true;
    }
    for (var member : state.getMembers()) {
      if (!member.status().equals(MemberStatus.up())) {
        return true;
      }
    }
    return false;
  }
}
