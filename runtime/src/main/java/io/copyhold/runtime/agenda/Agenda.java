package io.copyhold.runtime.agenda;

import io.copyhold.runtime.EntityRef;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Port to the due-work index. Due is the index's own time, never a node's. A spurious wake is
 * harmless; a missing row is a safety bug.
 */
public interface Agenda {
  /** Name of the row of an entity that has operations. */
  String OPERATIONS = "operations";

  /**
   * One wake-up that should happen.
   *
   * @param name of the wake-up within its entity, at most 128 characters
   * @param due when; an earlier {@link #put} of the same entity and name is replaced
   */
  record Row(EntityRef entity, String name, Instant due) {}

  /**
   * A row whose time has come.
   *
   * @param missed how often a wake-up of this row was handed out before without an answer
   */
  record Due(EntityRef entity, String name, Instant due, int missed) {}

  /**
   * How a row stands.
   *
   * @param due when its time comes, or came
   * @param now the agenda's own time
   */
  record Standing(Instant due, Instant now) {
    /** For how long its time has been past; zero before. */
    public Duration overdue() {
      return now.isAfter(due) ? Duration.between(due, now) : Duration.ZERO;
    }
  }

  /**
   * True when the journal brings rows here itself, in the transaction of the event they are handed
   * over with. Otherwise rows must be durable before that event, and go after it.
   */
  default boolean joinsJournal() {
    return false;
  }

  /** Completes when all rows are durable. Idempotent. */
  CompletionStage<Void> put(List<Row> rows);

  /** Completes when the rows are gone. Idempotent. */
  CompletionStage<Void> remove(EntityRef entity, List<String> names);

  /**
   * Completes when the row is gone, if it is due: one that somebody put anew for later stays. For a
   * row that was handed out and that its entity does not want.
   */
  CompletionStage<Void> removeDue(EntityRef entity, String name);

  /**
   * Rows that are due, hidden from other callers for {@code visibility}; they come again unless
   * removed or put anew by then.
   *
   * @param range 0 to {@code ranges - 1}, the part of the hash space asked for
   */
  CompletionStage<List<Due>> take(int range, int ranges, int limit, Duration visibility);

  /** How the row of that entity and name stands; empty when there is none. */
  default CompletionStage<Optional<Standing>> find(EntityRef entity, String name) {
    return CompletableFuture.failedStage(new UnsupportedOperationException("not looked at here"));
  }

  /**
   * The node is gone: hands out the {@link #OPERATIONS} rows it put at once, those due soon first;
   * alarms need no hurry. Completes with their number.
   */
  CompletionStage<Integer> wakeAllOf(String node);

  /** The nodes that put the rows there are. */
  default CompletionStage<Set<String>> nodes() {
    return CompletableFuture.completedStage(Set.of());
  }

  /** Milliseconds that the oldest row due has been waiting for; 0 when none is due. */
  default CompletionStage<Long> lagMs() {
    return CompletableFuture.completedStage(0L);
  }

  /** Rows not yet taken away; may read them all. */
  CompletionStage<Long> size();

  /** The same as of some minutes ago, where counting is dear; for a metric. */
  default CompletionStage<Long> sizeLately() {
    return size();
  }
}
