package io.copyhold.runtime.journal;

import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.CassandraIntents.Intent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.AbstractActor;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Props;
import org.apache.pekko.actor.ReceiveTimeout;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.JournalProtocol.DeleteMessagesTo;
import org.apache.pekko.persistence.JournalProtocol.ReplayMessages;
import org.apache.pekko.persistence.JournalProtocol.ReplayMessagesFailure;
import org.apache.pekko.persistence.JournalProtocol.WriteMessageFailure;
import org.apache.pekko.persistence.JournalProtocol.WriteMessageRejected;
import org.apache.pekko.persistence.JournalProtocol.WriteMessageSuccess;
import org.apache.pekko.persistence.JournalProtocol.WriteMessages;
import org.apache.pekko.persistence.JournalProtocol.WriteMessagesFailed;
import org.apache.pekko.persistence.JournalProtocol.WriteMessagesSuccessful$;
import org.apache.pekko.persistence.Persistence;
import org.apache.pekko.persistence.PersistentEnvelope;
import org.apache.pekko.persistence.PersistentRepr;
import org.jspecify.annotations.Nullable;
import scala.jdk.javaapi.CollectionConverters;

/**
 * Stands before Pekko's journal for Cassandra. A write:
 *
 * <ol>
 *   <li>is rejected unless this node owns the shard and its lease is confirmed;
 *   <li>is announced in this node's list, which is durable then;
 *   <li>is looked at once more, and handed on to Pekko's journal;
 *   <li>is settled with the answer. Unless that is a success, it stays in doubt.
 * </ol>
 *
 * A replay fails when two writers stored the newest version, which Pekko's journal would not see.
 * When an event of that entity is in doubt, it is announced before the replay. Named in {@code
 * copyhold-cassandra.conf}.
 */
public final class CassandraJournalPlugin extends AbstractActor {
  private static final String STORE = "pekko.persistence.cassandra.journal";

  /** Longer than the circuit breaker of the journal behind; after that it is dead. */
  private static final Duration ANSWER_MAX = Duration.ofSeconds(30);

  /** A write that was announced, or could not be. */
  private record Announced(Write write, long number, @Nullable Throwable failure) {}

  /**
   * A write and where it belongs.
   *
   * @param entity key of its events
   * @param from version of the first
   */
  private record Write(
      WriteMessages message,
      String entity,
      long from,
      long to,
      Shard shard,
      long term,
      List<PersistentRepr> events) {}

  /** All answers to a write, in their order. */
  private record Answered(Write write, long number, boolean stored, List<Object> answers) {}

  private final CassandraJournal journal;
  private final ActorRef store;

  /** Made by Pekko. */
  public CassandraJournalPlugin() {
    this.journal = JournalSetup.cassandra(context().system());
    this.store =
        ((Persistence) Persistence.lookup().get(context().system()))
            .journalFor(STORE, ConfigFactory.empty());
  }

  @Override
  public Receive createReceive() {
    return receiveBuilder()
        .match(WriteMessages.class, this::write)
        .match(Announced.class, this::announced)
        .match(Answered.class, this::answered)
        .match(ReplayMessages.class, this::replay)
        .match(DeleteMessagesTo.class, this::delete)
        .matchAny(other -> store.forward(other, getContext()))
        .build();
  }

  private void write(WriteMessages message) {
    List<PersistentRepr> events = events(message);
    if (events.isEmpty()) {
      store.forward(message, getContext());
      return;
    }
    if (!events.stream().allMatch(CassandraJournalPlugin::storable)) {
      fail(
          message,
          events,
          new IllegalArgumentException(
              "this journal holds entities' events, and brings no rows of the agenda with them"));
      return;
    }
    PersistentRepr first = events.getFirst();
    String entity = first.persistenceId();
    Shard shard = journal.terms().shard(EntityRef.parse(entity));
    long term = journal.terms().term(shard);
    Write write =
        new Write(
            message,
            entity,
            first.sequenceNr(),
            events.getLast().sequenceNr(),
            shard,
            term,
            events);
    try {
      journal.require(shard, term);
    } catch (ProblemException e) {
      reject(write, e);
      return;
    }
    OptionalLong doubt = journal.doubts().of(entity);
    long from = Math.min(write.from(), doubt.orElse(write.from()));
    journal.begun(shard);
    Patterns.pipe(
            journal
                .intents()
                .add(Intent.write(entity, from, write.to()))
                .handle((number, failure) ->
                    new Announced(write, number == null ? 0 : number, failure)),
            getContext().dispatcher())
        .to(getSelf());
  }

  private static List<PersistentRepr> events(WriteMessages message) {
    List<PersistentRepr> events = new ArrayList<>();
    for (PersistentEnvelope envelope : CollectionConverters.asJava(message.messages())) {
      if (envelope instanceof AtomicWrite write) {
        events.addAll(CollectionConverters.asJava(write.payload()));
      }
    }
    return events;
  }

  /** One partition of Cassandra is changed at once, and nothing beside it. */
  private static boolean storable(PersistentRepr event) {
    return event.payload() instanceof Journaled journaled
        && journaled.agenda() == null
        && journaled.attached().isEmpty();
  }

  private void announced(Announced announced) {
    Write write = announced.write();
    if (announced.failure() != null) {
      journal.ended(write.shard(), true); // nothing was sent
      fail(write.message(), write.events(), announced.failure());
      return;
    }
    try {
      journal.require(write.shard(), write.term());
    } catch (ProblemException e) {
      journal.intents().settle(announced.number());
      journal.ended(write.shard(), true);
      reject(write, e);
      return;
    }
    ActorRef answers =
        getContext()
            .actorOf(Props.create(Answers.class, () -> new Answers(write, announced.number())));
    store.tell(
        write
            .message()
            .copy(write.message().messages(), answers, write.message().actorInstanceId()),
        ActorRef.noSender());
  }

  private void answered(Answered answered) {
    Write write = answered.write();
    if (answered.stored()) {
      journal.doubts().resolved(write.entity());
    } else {
      journal.doubts().add(write.entity(), write.from());
    }
    journal.intents().settle(answered.number());
    journal.ended(write.shard(), answered.stored());
    answered
        .answers()
        .forEach(answer -> write.message().persistentActor().tell(answer, ActorRef.noSender()));
  }

  private void replay(ReplayMessages message) {
    String entity = message.persistenceId();
    ActorRef sender = getSender();
    journal
        .events()
        .forked(entity, message.fromSequenceNr())
        .thenCompose(forked ->
            forked
                ? CompletableFuture.failedStage(
                    new ProblemException(CassandraEvents.forked(entity)))
                : announceDoubtful(entity))
        .whenComplete((_, failure) -> {
          if (failure == null) {
            store.tell(message, sender);
          } else {
            message.persistentActor().tell(new ReplayMessagesFailure(failure), ActorRef.noSender());
          }
        });
  }

  private CompletionStage<Void> announceDoubtful(String entity) {
    OptionalLong doubt = journal.doubts().of(entity);
    return doubt.isEmpty()
        ? CompletableFuture.completedStage(null)
        : CompletableFuture.supplyAsync(
                () -> journal.events().highest(EntityRef.parse(entity)), journal.blocking())
            .thenCompose(highest -> announce(entity, doubt.getAsLong(), highest));
  }

  private CompletionStage<Void> announce(String entity, long from, long highest) {
    return highest < from
        ? CompletableFuture.completedStage(null)
        : journal
            .intents()
            .add(Intent.write(entity, from, highest))
            .thenAccept(number -> journal.intents().settle(number));
  }

  private void delete(DeleteMessagesTo message) {
    message
        .persistentActor()
        .tell(
            new org.apache.pekko.persistence.DeleteMessagesFailure(
                new UnsupportedOperationException("events are never deleted"),
                message.toSequenceNr()),
            ActorRef.noSender());
  }

  private void reject(Write write, ProblemException why) {
    ActorRef actor = write.message().persistentActor();
    int instance = write.message().actorInstanceId();
    actor.tell(WriteMessagesSuccessful$.MODULE$, ActorRef.noSender());
    write
        .events()
        .forEach(event ->
            actor.tell(new WriteMessageRejected(event, why, instance), ActorRef.noSender()));
  }

  private static void fail(WriteMessages message, List<PersistentRepr> events, Throwable why) {
    ActorRef actor = message.persistentActor();
    actor.tell(new WriteMessagesFailed(why, events.size()), ActorRef.noSender());
    events.forEach(event ->
        actor.tell(
            new WriteMessageFailure(event, why, message.actorInstanceId()), ActorRef.noSender()));
  }

  /** Gathers the answers to one write: one for the whole and one for each event. */
  private static final class Answers extends AbstractActor {
    private final Write write;
    private final long number;
    private final List<Object> answers = new ArrayList<>();

    Answers(Write write, long number) {
      this.write = write;
      this.number = number;
      getContext().setReceiveTimeout(ANSWER_MAX);
    }

    @Override
    public Receive createReceive() {
      return receiveBuilder()
          .match(ReceiveTimeout.class, _ -> silent())
          .matchAny(answer -> {
            answers.add(answer);
            if (answers.size() > write.events().size()) {
              boolean stored =
                  answers.stream().filter(WriteMessageSuccess.class::isInstance).count()
                      == write.events().size();
              done(stored, answers);
            }
          })
          .build();
    }

    private void silent() {
      Throwable why = new TimeoutException("the journal did not answer within " + ANSWER_MAX);
      List<Object> failures = new ArrayList<>();
      failures.add(new WriteMessagesFailed(why, write.events().size()));
      write
          .events()
          .forEach(event ->
              failures.add(new WriteMessageFailure(event, why, write.message().actorInstanceId())));
      done(false, failures);
    }

    private void done(boolean stored, List<Object> all) {
      getContext()
          .getParent()
          .tell(new Answered(write, number, stored, List.copyOf(all)), getSelf());
      getContext().stop(getSelf());
    }
  }
}
