package io.copyhold.runtime.journal;

import io.copyhold.runtime.PortAdapter;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.pubsub.Topic;

/**
 * The word that something was stored, to all nodes. Best effort: whoever follows the journal looks
 * now and then without it.
 */
@PortAdapter
public final class JournalNews {
  /** A node says it no oftener than this. */
  private static final Duration EVERY = Duration.ofMillis(10);

  private JournalNews() {}

  /**
   * Calls {@code told} after commits of this node's journal, and a little later for those of
   * others.
   *
   * @param node this node's name, unlike all others
   * @param told must not block
   */
  public static void follow(ActorSystem<?> system, Journal journal, String node, Runnable told) {
    ActorRef<Topic.Command<String>> topic =
        system.systemActorOf(Topic.create(String.class, "journal"), "journal-topic", Props.empty());
    ActorRef<String> listener =
        system.systemActorOf(
            Behaviors.receiveMessage(from -> {
              if (!from.equals(node)) {
                told.run();
              }
              return Behaviors.same();
            }),
            "journal-news",
            Props.empty());
    topic.tell(Topic.subscribe(listener));
    AtomicBoolean pending = new AtomicBoolean();
    journal.listen(() -> {
      told.run();
      if (!pending.getAndSet(true)) {
        system
            .scheduler()
            .scheduleOnce(
                EVERY,
                () -> {
                  pending.set(false);
                  topic.tell(Topic.publish(node));
                },
                system.executionContext());
      }
    });
  }
}
