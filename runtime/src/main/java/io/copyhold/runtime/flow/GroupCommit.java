package io.copyhold.runtime.flow;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Brings changes to a store in groups: while one group is being written the next one gathers, so a
 * thousand callers cost a few statements. Small reads can be gathered the same way. Groups are
 * taken in the order of arrival; with one writer they are durable in that order, too.
 *
 * @param <T> one caller's change
 * @param <R> what came of it
 */
public final class GroupCommit<T, R> {
  /**
   * How much is gathered.
   *
   * @param writers groups under way at most
   * @param countMax changes of one group
   * @param weightMax of one group, unless a single change weighs more
   * @param queueMax changes that may wait; above, callers are refused
   */
  public record Limits(int writers, int countMax, long weightMax, int queueMax) {
    public Limits {
      if (writers < 1 || countMax < 1 || weightMax < 1 || queueMax < countMax) {
        throw new IllegalArgumentException(
            "writers, count-max and bytes-max must be at least 1, queue-max no less than count-max");
      }
    }
  }

  /** Makes a group durable. Called by as many threads at a time as there are writers. */
  public interface Writer<T, R> {
    /**
     * @return what came of each, in their order
     */
    List<R> write(List<T> group);
  }

  private record Waiting<T, R>(T change, long weight, CompletableFuture<R> done) {}

  private final String name;
  private final Executor blocking;
  private final Limits limits;
  private final Writer<T, R> writer;
  private final ArrayDeque<Waiting<T, R>> queue = new ArrayDeque<>();
  private int running;

  /**
   * @param name of what is written, for problems
   * @param blocking runs the writer
   */
  public GroupCommit(String name, Executor blocking, Limits limits, Writer<T, R> writer) {
    this.name = name;
    this.blocking = blocking;
    this.limits = limits;
    this.writer = writer;
  }

  /**
   * Completes when the change is durable, with what came of it. Fails as the writer failed, or with
   * {@code …-overloaded} when too many wait.
   */
  public CompletionStage<R> add(T change, long weight) {
    Waiting<T, R> waiting = new Waiting<>(change, weight, new CompletableFuture<>());
    boolean start;
    synchronized (queue) {
      if (queue.size() >= limits.queueMax()) {
        return CompletableFuture.failedStage(
            new ProblemException(
                Problem.unavailable(
                        name + "-overloaded",
                        "more than " + limits.queueMax() + " " + name + " requests wait")
                    .at(name)
                    .todo("try again; look at the control database if this lasts")));
      }
      queue.add(waiting);
      start = running < limits.writers();
      if (start) {
        running++;
      }
    }
    if (start) {
      try {
        blocking.execute(this::drain);
      } catch (RejectedExecutionException e) {
        for (var group = next(); !group.isEmpty(); group = next()) {
          fail(group, e);
        }
      }
    }
    return waiting.done();
  }

  /** Changes that wait for their group. */
  public int waiting() {
    synchronized (queue) {
      return queue.size();
    }
  }

  private void drain() {
    for (List<Waiting<T, R>> group = next(); !group.isEmpty(); group = next()) {
      List<R> results;
      try {
        results = writer.write(group.stream().map(Waiting::change).toList());
      } catch (RuntimeException e) {
        fail(group, e);
        continue;
      }
      for (int i = 0; i < group.size(); i++) {
        group.get(i).done().complete(results.get(i));
      }
    }
  }

  private void fail(List<Waiting<T, R>> group, RuntimeException failure) {
    group.forEach(waiting -> waiting.done().completeExceptionally(failure));
  }

  private List<Waiting<T, R>> next() {
    List<Waiting<T, R>> group = new ArrayList<>();
    synchronized (queue) {
      long weight = 0;
      while (!queue.isEmpty()
          && group.size() < limits.countMax()
          && (group.isEmpty() || weight + queue.peekFirst().weight() <= limits.weightMax())) {
        Waiting<T, R> waiting = queue.removeFirst();
        weight += waiting.weight();
        group.add(waiting);
      }
      if (group.isEmpty()) {
        running--;
      }
    }
    return group;
  }
}
