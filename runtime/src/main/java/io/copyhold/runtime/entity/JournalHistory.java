package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Codec;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.journal.Mappers;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.query.EventEnvelope;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** The past, read from whatever journal is configured, through Pekko's query interface. */
public final class JournalHistory implements History, Recordings {
  private final ActorSystem<?> system;
  private final CurrentEventsByPersistenceIdQuery journal;
  private final EntityTypes types;
  private final Quarantines quarantines;

  /** Not the common pool, where a stream's result arrives: it has one thread on a small machine. */
  private final Executor callbacks;

  public JournalHistory(
      ActorSystem<?> system, CurrentEventsByPersistenceIdQuery journal, EntityTypes types) {
    this(system, journal, types, new Quarantines());
  }

  /**
   * @param quarantines knows which entities must not be folded here, either
   */
  public JournalHistory(
      ActorSystem<?> system,
      CurrentEventsByPersistenceIdQuery journal,
      EntityTypes types,
      Quarantines quarantines) {
    this.quarantines = quarantines;
    this.system = system;
    this.journal = journal;
    this.types = types;
    this.callbacks = system.executionContext();
  }

  @Override
  public CompletionStage<List<Entry>> events(EntityRef entity, long from, int limit) {
    Codec codec = types.codec();
    return stream(entity, from, from + limit - 1)
        .map(envelope -> {
          Journaled stored = (Journaled) envelope.event();
          return new Entry(
              envelope.sequenceNr(),
              stored.at(),
              codec.name(entity.type(), stored.event()),
              stored.origin().principal(),
              stored.origin().traceparent(),
              Mappers.JSON.valueToTree(stored.event()));
        })
        .runWith(Sink.seq(), system)
        .thenApplyAsync(entries -> entries, callbacks);
  }

  @Override
  public CompletionStage<List<Recorded>> recorded(EntityRef entity, long from, int limit) {
    return stream(entity, from, from + limit - 1)
        .map(envelope -> new Recorded(entity, envelope.sequenceNr(), (Journaled) envelope.event()))
        .runWith(Sink.seq(), system)
        .thenApplyAsync(events -> events, callbacks);
  }

  @Override
  public CompletionStage<Past> at(EntityRef entity, long version) {
    return fold(entity, version, _ -> true);
  }

  @Override
  public CompletionStage<Past> at(EntityRef entity, Instant time) {
    return fold(entity, Long.MAX_VALUE, stored -> !stored.at().isAfter(time));
  }

  private CompletionStage<Past> fold(EntityRef entity, long to, Predicate<Journaled> wanted) {
    long deadly = quarantines.deadlyVersion(entity);
    if (deadly > 0 && to >= deadly) {
      return withoutSkipped(
          entity, to, wanted, new PoisonEvent(deadly, false, "replaying it ended its node", null));
    }
    return fold(entity, types.get(entity.type()), to, wanted, Skips.NONE)
        .exceptionallyCompose(failure -> withoutSkipped(entity, to, wanted, failure));
  }

  /** Where an event cannot be folded: again, passing over what an operator said to skip. */
  private CompletionStage<Past> withoutSkipped(
      EntityRef entity, long to, Predicate<Journaled> wanted, Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (!(cause instanceof PoisonEvent poison)) {
      return CompletableFuture.failedFuture(failure);
    }
    EntityRef verdict = new EntityRef(Quarantine.TYPE.name(), entity.toString());
    return fold(verdict, Quarantine.TYPE, Long.MAX_VALUE, _ -> true, Skips.NONE)
        .thenCompose(past -> {
          Skips skips = Skips.of(past.view());
          if (skips.contains(poison.version())) {
            return fold(entity, types.get(entity.type()), to, wanted, skips);
          }
          return CompletableFuture.failedFuture(
              new ProblemException(
                  Problem.conflict(
                          "not-replayable", entity + " cannot be replayed: " + poison.getMessage())
                      .at("event " + poison.version())
                      .todo("ask for a version before it, or skip it after looking at it")));
        });
  }

  private <S, C, E> CompletionStage<Past> fold(
      EntityRef entity,
      EntityType<S, C, E> type,
      long to,
      Predicate<Journaled> wanted,
      Skips skips) {
    record At<S>(S state, long version, Instant time) {}
    return stream(entity, 1, to)
        .takeWhile(envelope -> wanted.test((Journaled) envelope.event()))
        .runWith(
            Sink.fold(
                new At<>(type.initial(), 0, Instant.EPOCH),
                (at, envelope) -> {
                  Journaled stored = (Journaled) envelope.event();
                  long version = envelope.sequenceNr();
                  S next =
                      skips.contains(version)
                          ? at.state()
                          : EntityShell.fold(type, types.codec(), at.state(), version, stored);
                  return new At<>(next, version, stored.at());
                }),
            system)
        .thenApplyAsync(
            at ->
                new Past(
                    entity,
                    at.version(),
                    at.time(),
                    type.view(at.state()),
                    type.summary(at.state()),
                    type.exists(at.state())),
            callbacks);
  }

  private Source<EventEnvelope, NotUsed> stream(EntityRef entity, long from, long to) {
    return journal.currentEventsByPersistenceId(
        entity.persistenceId(), Math.max(1, from), Math.max(0, to));
  }
}
