package io.copyhold.runtime.journal;

import com.typesafe.config.Config;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.flow.GroupCommit;
import io.copyhold.runtime.journal.PostgresJournal.Row;
import io.copyhold.runtime.journal.PostgresJournal.Verdict;
import io.copyhold.runtime.journal.PostgresJournal.Write;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.pekko.persistence.AtomicWrite;
import org.apache.pekko.persistence.PersistentRepr;
import org.apache.pekko.persistence.journal.japi.AsyncWriteJournal;
import scala.concurrent.Future;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;

/**
 * {@link PostgresJournal} as Pekko Persistence knows journals. A fenced write is a rejection: the
 * entity stops, and its shard is given up. Named in {@code copyhold-pekko.conf}.
 */
public final class JournalPlugin extends AsyncWriteJournal {
  private final PostgresJournal journal;
  private final PostgresEvents events;
  private final Recovering recovering;
  private final GroupCommit<String, Long> highest;

  /** Made by Pekko, with its section of the configuration. */
  public JournalPlugin(Config config) {
    this.journal = JournalSetup.of(context().system());
    this.events = journal.events();
    this.recovering = journal.recovering();
    this.highest =
        new GroupCommit<>(
            "recoveries", journal.database().blocking(), JournalSettings.READS, events::highest);
  }

  @Override
  public Future<Iterable<Optional<Exception>>> doAsyncWriteMessages(Iterable<AtomicWrite> writes) {
    List<CompletableFuture<Optional<Exception>>> stored = new ArrayList<>();
    for (AtomicWrite write : writes) {
      stored.add(store(write).toCompletableFuture());
    }
    CompletableFuture<Iterable<Optional<Exception>>> all =
        CompletableFuture.allOf(stored.toArray(CompletableFuture[]::new))
            .thenApply(_ -> stored.stream().map(CompletableFuture::join).toList());
    return FutureConverters.asScala(all);
  }

  /** Completes with why it was rejected, if it was; fails when it is unknown or the content bad. */
  private CompletionStage<Optional<Exception>> store(AtomicWrite write) {
    EntityRef entity = EntityRef.parse(write.persistenceId());
    recovering.writes(write.persistenceId());
    List<Journaled> events = new ArrayList<>();
    for (PersistentRepr repr : CollectionConverters.asJava(write.payload())) {
      if (!(repr.payload() instanceof Journaled journaled)) {
        return CompletableFuture.failedStage(
            new IllegalArgumentException(
                "the journal holds entities' events, not " + repr.payload().getClass().getName()));
      }
      events.add(journaled);
    }
    List<Row> rows = new ArrayList<>();
    List<Journaled.Attached> all = Journaled.together(entity, write.lowestSequenceNr(), events);
    for (Journaled.Attached with : all) {
      long version = with.from();
      for (Journaled event : with.events()) {
        rows.add(row(with.entity(), version++, event));
      }
    }
    long term;
    try {
      term = journal.terms().of(entity);
    } catch (ProblemException e) {
      return CompletableFuture.completedStage(Optional.of(e));
    }
    return journal
        .append(new Write(entity, term, rows))
        .thenCompose(verdict ->
            switch (verdict) {
              case Verdict.Stored _ -> {
                all.stream()
                    .filter(with -> !with.entity().equals(entity))
                    .forEach(with -> recovering.born(with, term));
                yield CompletableFuture.completedStage(Optional.<Exception>empty());
              }
              case Verdict.Refused(var why) -> CompletableFuture.failedStage(why);
              case Verdict.Fenced _ ->
                  CompletableFuture.completedStage(
                      Optional.of(
                          new ProblemException(
                              Problem.unavailable(
                                      "fenced", entity + " has another owner since term " + term)
                                  .todo("ask again; its new owner answers"))));
            });
  }

  private Row row(EntityRef entity, long version, Journaled event) {
    return new Row(
        entity,
        version,
        journal.codec().manifestOf(event.event()),
        journal.codec().encode(event),
        event.at(),
        event.origin().principal(),
        event.agenda());
  }

  @Override
  public Future<Void> doAsyncReplayMessages(
      String persistenceId, long from, long to, long max, Consumer<PersistentRepr> replay) {
    List<Journaled> born = recovering.take(persistenceId);
    if (from == 1 && born.size() <= Math.min(to, max)) {
      for (int i = 0; i < born.size(); i++) {
        replay.accept(repr(persistenceId, i + 1, born.get(i)));
      }
      if (!born.isEmpty()) {
        return FutureConverters.asScala(CompletableFuture.completedFuture(null));
      }
    }
    return later(() -> {
      long next = from;
      long left = max;
      while (left > 0 && next <= to) {
        List<PostgresEvents.Stored> page = events.read(persistenceId, next, to, left);
        page.forEach(
            stored -> replay.accept(repr(persistenceId, stored.version(), stored.event())));
        if (!PostgresEvents.more(page, left)) {
          break;
        }
        left -= page.size();
        next = page.getLast().version() + 1;
      }
      return null;
    });
  }

  private static PersistentRepr repr(String persistenceId, long version, Journaled event) {
    return PersistentRepr.apply(event, version, persistenceId, "", false, null, "");
  }

  @Override
  public Future<Long> doAsyncReadHighestSequenceNr(String persistenceId, long from) {
    long known = recovering.newest(persistenceId);
    if (known >= 0) {
      return FutureConverters.asScala(CompletableFuture.completedFuture(known));
    }
    return FutureConverters.asScala(highest.add(persistenceId, 1));
  }

  @Override
  public Future<Void> doAsyncDeleteMessagesTo(String persistenceId, long to) {
    return FutureConverters.asScala(
        CompletableFuture.failedFuture(
            new UnsupportedOperationException("events are never deleted")));
  }

  private <T> Future<T> later(Supplier<T> blocking) {
    return FutureConverters.asScala(
        CompletableFuture.supplyAsync(blocking, journal.database().blocking()));
  }
}
