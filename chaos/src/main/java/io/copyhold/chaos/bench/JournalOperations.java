package io.copyhold.chaos.bench;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.journal.Journaled;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.JournalProtocol;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.PersistentEnvelope;
import org.apache.pekko.persistence.PersistentRepr;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Our journal alone, as persistent actors speak to it: five events of one entity, each awaited
 * before the next. On a node that owns the entities; whoever made that closes it.
 */
@PortAdapter
final class JournalOperations implements OperationsSide {
  private static final Duration LIMIT = Duration.ofMinutes(2);

  private final String text;
  private final int events;
  private final ActorRef journal;
  private final ActorRef answers;
  private final Map<String, CompletableFuture<Boolean>> waiting = new ConcurrentHashMap<>();

  JournalOperations(CopyholdOperations node, int events, int payloadBytes) {
    org.apache.pekko.actor.ActorSystem system = Adapter.toClassic(node.system());
    this.text = "x".repeat(payloadBytes);
    this.events = events;
    this.journal = Persistence.lookup().get(system).journalFor("", ConfigFactory.empty());
    this.answers =
        ((ExtendedActorSystem) system)
            .systemActorOf(Props.create(Answers.class, () -> new Answers(waiting)), "answers");
  }

  @Override
  public void run(String id) throws Exception {
    String entity = new EntityRef(Job.TYPE.name(), id).persistenceId();
    for (long version = 1; version <= events; version++) {
      CompletableFuture<Boolean> stored = new CompletableFuture<>();
      waiting.put(entity, stored);
      Journaled event =
          new Journaled(new Job.Event.Noted(text), Origin.of("bench"), Instant.now(), null, null);
      PersistentRepr repr =
          PersistentRepr.apply(event, version, entity, "", false, ActorRef.noSender(), "");
      journal.tell(
          new JournalProtocol.WriteMessages(
              CollectionConverters.asScala(
                      List.<PersistentEnvelope>of(
                          new AtomicWrite(CollectionConverters.asScala(List.of(repr)).toList())))
                  .toList(),
              answers,
              1),
          ActorRef.noSender());
      if (!stored.get(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("the journal did not store event " + version);
      }
    }
  }

  @Override
  public void close() {}

  /** Hands each answer to whoever waits for it. */
  private static final class Answers extends AbstractActor {
    private final Map<String, CompletableFuture<Boolean>> waiting;

    Answers(Map<String, CompletableFuture<Boolean>> waiting) {
      this.waiting = waiting;
    }

    @Override
    public Receive createReceive() {
      return receiveBuilder()
          .match(
              JournalProtocol.WriteMessageSuccess.class,
              success -> end(success.persistent().persistenceId(), true))
          .match(
              JournalProtocol.WriteMessageFailure.class,
              failure -> end(failure.message().persistenceId(), false))
          .match(
              JournalProtocol.WriteMessageRejected.class,
              rejected -> end(rejected.message().persistenceId(), false))
          .matchAny(_ -> {}) // said of the whole group before
          .build();
    }

    private void end(String entity, boolean stored) {
      CompletableFuture<Boolean> end = waiting.remove(entity);
      if (end != null) {
        end.complete(stored);
      }
    }
  }
}
