package io.copyhold.runtime.agenda;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Brings changes to a store in groups: while one group is being written the next one gathers, so a
 * thousand callers cost a few statements. At most one group is under way; they are written in the
 * order of arrival.
 */
final class GroupCommit<T> {
  private record Waiting<T>(List<T> changes, CompletableFuture<Void> done) {}

  private final Executor blocking;
  private final int groupMax;
  private final int queueMax;
  private final Consumer<List<T>> write;
  private final ArrayDeque<Waiting<T>> queue = new ArrayDeque<>();
  private int queued;
  private boolean running;

  /**
   * @param blocking runs {@code write}
   * @param groupMax changes of one group, unless one caller brings more
   * @param queueMax changes that may wait; above, callers are refused
   * @param write makes a group durable, or throws
   */
  GroupCommit(Executor blocking, int groupMax, int queueMax, Consumer<List<T>> write) {
    this.blocking = blocking;
    this.groupMax = groupMax;
    this.queueMax = queueMax;
    this.write = write;
  }

  /** Completes when all of them are durable. */
  CompletionStage<Void> add(List<T> changes) {
    if (changes.isEmpty()) {
      return CompletableFuture.completedStage(null);
    }
    Waiting<T> waiting = new Waiting<>(List.copyOf(changes), new CompletableFuture<>());
    boolean start;
    synchronized (queue) {
      if (queued + changes.size() > queueMax) {
        return CompletableFuture.failedStage(
            new ProblemException(
                Problem.unavailable(
                        "agenda-overloaded",
                        "more than " + queueMax + " agenda rows wait to be written")
                    .todo("try again; look at the control database if this lasts")));
      }
      queue.add(waiting);
      queued += changes.size();
      start = !running;
      running = true;
    }
    if (start) {
      blocking.execute(this::drain);
    }
    return waiting.done();
  }

  private void drain() {
    for (List<Waiting<T>> group = next(); !group.isEmpty(); group = next()) {
      List<T> changes = new ArrayList<>();
      group.forEach(waiting -> changes.addAll(waiting.changes()));
      try {
        write.accept(changes);
      } catch (RuntimeException e) {
        group.forEach(waiting -> waiting.done().completeExceptionally(e));
        continue;
      }
      group.forEach(waiting -> waiting.done().complete(null));
    }
  }

  private List<Waiting<T>> next() {
    List<Waiting<T>> group = new ArrayList<>();
    synchronized (queue) {
      int size = 0;
      while (!queue.isEmpty()
          && (group.isEmpty() || size + queue.peekFirst().changes().size() <= groupMax)) {
        Waiting<T> waiting = queue.removeFirst();
        size += waiting.changes().size();
        group.add(waiting);
      }
      queued -= size;
      running = !group.isEmpty();
    }
    return group;
  }
}
