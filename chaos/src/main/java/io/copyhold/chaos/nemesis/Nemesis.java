package io.copyhold.chaos.nemesis;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Goes through a plan, one fault at a time, until it is told to stop: rests, hurts, undoes, and
 * waits until as many nodes answer as are needed to stand the next one. {@link #close} undoes what
 * is under way.
 */
@PortAdapter
public final class Nemesis implements AutoCloseable {
  /** A node that was killed comes back within this, also on a machine that has much to do. */
  private static final Duration RECOVERY_LIMIT = Duration.ofMinutes(4);

  private static final Duration LOOK = Duration.ofMillis(200);

  /** What the plan's names mean. */
  public interface Cluster {
    /** The process of that name, 0 when it has none now. */
    long pid(String name);

    /** Where the others reach it. */
    int port(String name);

    /** Whether enough nodes answer to stand the next fault. */
    boolean recovered() throws InterruptedException;
  }

  /** What was done so far. */
  public record Done(int kills, int pauses, int cuts) {}

  private final Cluster cluster;
  private final Consumer<String> told;
  private final List<Plan.Turn> turns;
  private final Lock lock = new ReentrantLock();
  private final Condition change = lock.newCondition();
  private final Thread thread;
  private boolean stopped;
  private Done done = new Done(0, 0, 0);
  private @Nullable Exception failure;

  /**
   * Begins.
   *
   * @param told hears what is done, as it is done
   */
  public Nemesis(Cluster cluster, List<Plan.Turn> turns, Consumer<String> told) {
    this.cluster = cluster;
    this.turns = List.copyOf(turns);
    this.told = told;
    this.thread = Thread.ofVirtual().start(this::run);
  }

  private void run() {
    try {
      for (Plan.Turn turn : turns) {
        if (!rest(turn.rest()) || !hurt(turn.fault()) || !recovered()) {
          return;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      lock.lock();
      try {
        failure = e;
      } finally {
        lock.unlock();
      }
    }
  }

  /** False when it was told to stop meanwhile. */
  private boolean rest(Duration duration) throws InterruptedException {
    long left = duration.toNanos();
    lock.lock();
    try {
      while (!stopped && left > 0) {
        left = change.awaitNanos(left);
      }
      return !stopped;
    } finally {
      lock.unlock();
    }
  }

  private boolean hurt(Fault fault) throws InterruptedException {
    told.accept(fault.toString());
    switch (fault) {
      case Fault.Kill(var victim) -> {
        Processes.kill(cluster.pid(victim));
        count(new Done(done.kills() + 1, done.pauses(), done.cuts()));
        return true;
      }
      case Fault.Pause(var victim, var lasts) -> {
        long pid = cluster.pid(victim);
        if (pid == 0) {
          return true;
        }
        Processes.pause(pid);
        count(new Done(done.kills(), done.pauses() + 1, done.cuts()));
        try {
          return rest(lasts);
        } finally {
          Processes.resume(pid);
          told.accept("resume " + victim);
        }
      }
      case Fault.Cut(var victim, var lasts) -> {
        int port = cluster.port(victim);
        Network.cut(port);
        count(new Done(done.kills(), done.pauses(), done.cuts() + 1));
        try {
          return rest(lasts);
        } finally {
          Network.mend(port);
          told.accept("mend " + victim);
        }
      }
    }
  }

  private void count(Done now) {
    lock.lock();
    try {
      done = now;
    } finally {
      lock.unlock();
    }
  }

  private boolean recovered() throws InterruptedException {
    long end = System.nanoTime() + RECOVERY_LIMIT.toNanos();
    while (!cluster.recovered()) {
      if (System.nanoTime() - end > 0) {
        throw new ProblemException(
            "no-recovery",
            "Too few nodes answered again within " + RECOVERY_LIMIT.toMinutes() + " minutes.",
            "Read their logs.");
      }
      if (!rest(LOOK)) {
        return false;
      }
    }
    return true;
  }

  public Done done() {
    lock.lock();
    try {
      return done;
    } finally {
      lock.unlock();
    }
  }

  /** Heals: undoes what is under way and begins nothing new. */
  @Override
  public void close() throws InterruptedException {
    lock.lock();
    try {
      stopped = true;
      change.signalAll();
    } finally {
      lock.unlock();
    }
    thread.join();
  }

  /** Fails when the cluster did not recover from a fault. */
  public void require() throws Exception {
    lock.lock();
    try {
      if (failure != null) {
        throw failure;
      }
    } finally {
      lock.unlock();
    }
  }
}
