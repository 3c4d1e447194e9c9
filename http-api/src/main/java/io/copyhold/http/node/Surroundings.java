package io.copyhold.http.node;

import io.copyhold.config.node.HandOver;
import io.copyhold.config.node.NodeRegister.View;
import io.copyhold.runtime.PortAdapter;
import java.time.Duration;
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

/** What this node knows of the others: from the cluster at once, from the register a beat later. */
@PortAdapter
final class Surroundings {
  /** Shards find their new node within this after the last change. */
  private static final Duration AFTERWARDS = Duration.ofSeconds(10);

  /** What the register showed longer ago is no ground to wait for anybody. */
  private static final Duration FRESH = Duration.ofSeconds(3);

  private final Cluster cluster;
  private volatile long lastChange = System.nanoTime();
  private volatile Seen seen = new Seen(false, HandOver.NONE, false, System.nanoTime());

  private record Seen(boolean steady, HandOver handOver, boolean anybodyStays, long at) {}

  private Surroundings(Cluster cluster) {
    this.cluster = cluster;
  }

  static Surroundings watch(ActorSystem<?> system) {
    Cluster cluster = Cluster.get(system);
    Surroundings surroundings = new Surroundings(cluster);
    Behavior<ClusterDomainEvent> listener =
        Behaviors.receive(ClusterDomainEvent.class)
            .onAnyMessage(_ -> {
              surroundings.lastChange = System.nanoTime();
              return Behaviors.same();
            })
            .build();
    ActorRef<ClusterDomainEvent> events =
        system.systemActorOf(listener, "surroundings", Props.empty());
    cluster.subscriptions().tell(Subscribe.create(events.narrow(), MemberEvent.class));
    cluster.subscriptions().tell(Subscribe.create(events.narrow(), ReachabilityEvent.class));
    return surroundings;
  }

  /** The register was looked at. */
  void look(View view) {
    String self = cluster.selfMember().address().toString();
    seen =
        new Seen(
            view.steady(), HandOver.of(view), HandOver.anybodyStays(view, self), System.nanoTime());
  }

  /** Shards are to stay where they are. */
  boolean steady() {
    return seen.steady();
  }

  /** What nodes want to be rid of. */
  HandOver handOver() {
    return seen.handOver();
  }

  /** Whether there is somebody to whom this node could hand over. */
  boolean anybodyStays() {
    Seen last = seen;
    return last.anybodyStays() && System.nanoTime() - last.at() < FRESH.toNanos();
  }

  /** Whether nodes come or go just now, or did a moment ago: then shards are on their way. */
  boolean shifting() {
    CurrentClusterState state = cluster.state();
    if (!state.getUnreachable().isEmpty()
        || !seen.handOver().leaving().isEmpty()
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
