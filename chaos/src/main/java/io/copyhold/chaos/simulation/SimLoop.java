package io.copyhold.chaos.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * The one thread of a simulation. Everything that would run elsewhere is a task in a list; the loop
 * picks the next one by the seed, and when the list is empty it jumps to the earliest timer. Tasks
 * and timers belong to a node and vanish when it is killed.
 */
public final class SimLoop {
  private static final Map<String, SimLoop> LOOPS = new ConcurrentHashMap<>();
  private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

  /** Something to run at a virtual time; {@code order} breaks ties. */
  private record Timer(long at, long order, String node, Runnable task, boolean[] cancelled) {}

  private record Task(String node, Runnable run) {}

  private final String id;
  private final RandomGenerator random;
  private final Thread thread = Thread.currentThread();
  private final List<Task> ready = new ArrayList<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(Comparator.comparingLong(Timer::at).thenComparingLong(Timer::order));
  private final Set<String> dead = new HashSet<>();
  private final List<Runnable> afterEach = new ArrayList<>();
  private long now;
  private long order;
  private long steps;
  private long trace = 1_125_899_906_842_597L;
  private boolean inline;
  private volatile @Nullable String foreign;

  public SimLoop(String id, long seed) {
    this.id = id;
    this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    LOOPS.put(id, this);
  }

  static SimLoop of(String id) {
    SimLoop loop = LOOPS.get(id);
    if (loop == null) {
      throw new IllegalStateException("no simulation " + id);
    }
    return loop;
  }

  public String id() {
    return id;
  }

  public RandomGenerator random() {
    return random;
  }

  public Instant now() {
    return EPOCH.plusNanos(now);
  }

  public long steps() {
    return steps;
  }

  /** A number that two runs of one seed share and that tells runs apart. */
  public long trace() {
    return trace;
  }

  /** Adds something that happened to the trace. */
  public void note(String what) {
    trace = trace * 31 + what.hashCode();
    trace = trace * 31 + now;
  }

  /** Called after every task: the place of invariants. */
  public void afterEach(Runnable check) {
    afterEach.add(check);
  }

  /**
   * Runs tasks where they are submitted while {@code body} runs: an actor system waits for itself
   * as it starts.
   */
  void inlineDuring(Runnable body) {
    inline = true;
    try {
      body.run();
    } finally {
      inline = false;
    }
  }

  /** Gives a task of {@code node} to the loop. */
  void submit(String node, Runnable task) {
    if (inline) {
      task.run();
      return;
    }
    if (!Thread.currentThread().equals(thread)) {
      foreign = Thread.currentThread().getName();
      throw new IllegalStateException("a task came from outside the simulation: " + foreign);
    }
    if (!dead.contains(node)) {
      ready.add(new Task(node, task));
    }
  }

  /** Runs {@code task} of {@code node} after a virtual delay; the result cancels it. */
  Runnable after(String node, Duration delay, Runnable task) {
    boolean[] cancelled = new boolean[1];
    timers.add(new Timer(now + Math.max(0, delay.toNanos()), order++, node, task, cancelled));
    return () -> cancelled[0] = true;
  }

  /** From here on nothing of the node runs. */
  void kill(String node) {
    dead.add(node);
    ready.removeIf(task -> task.node().equals(node));
    timers.removeIf(timer -> timer.node().equals(node));
  }

  boolean alive(String node) {
    return !dead.contains(node);
  }

  /**
   * Runs until {@code done}, or until {@code limit} of virtual time is over.
   *
   * @return whether {@code done} came true
   */
  public boolean runUntil(BooleanSupplier done, Duration limit) {
    long end = now + limit.toNanos();
    while (!done.getAsBoolean()) {
      if (foreign != null) {
        throw new IllegalStateException(
            "thread " + foreign + " reached into the simulation: this run proves nothing");
      }
      if (!ready.isEmpty()) {
        Task task = ready.remove(random.nextInt(ready.size()));
        if (alive(task.node())) {
          steps++;
          task.run().run();
          afterEach.forEach(Runnable::run);
        }
        continue;
      }
      Timer timer = timers.poll();
      if (timer == null || timer.at() > end) {
        if (timer != null) {
          timers.add(timer);
        }
        now = end;
        return done.getAsBoolean();
      }
      now = Math.max(now, timer.at());
      if (!timer.cancelled()[0] && alive(timer.node())) {
        submit(timer.node(), timer.task());
      }
    }
    return true;
  }

  public void close() {
    LOOPS.remove(id);
    ready.clear();
    timers.clear();
  }
}
