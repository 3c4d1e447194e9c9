package io.copyhold.runtime.journal;

import java.time.Duration;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the journal again and again whether this node still owns what it takes for its own. A node
 * that was replaced without knowing it learns so at its next write; one that only reads, or waits,
 * learns it here.
 */
public final class TermWatch {
  private static final Logger log = LoggerFactory.getLogger(TermWatch.class);

  private TermWatch() {}

  /** Until the actor system ends; every {@code copyhold.journal.terms-every}. */
  public static void start(ActorSystem<?> system, PostgresJournal journal) {
    Duration every = system.settings().config().getDuration("copyhold.journal.terms-every");
    system
        .scheduler()
        .scheduleWithFixedDelay(every, every, () -> check(journal), system.executionContext());
  }

  private static void check(PostgresJournal journal) {
    journal
        .checkTerms()
        .whenComplete((lost, failure) -> {
          if (failure == null && lost > 0) {
            log.atWarn().addKeyValue("shards", lost).log("another node has claimed what was ours");
          } // a journal that is away refuses writes, too; it is asked again
        });
  }
}
