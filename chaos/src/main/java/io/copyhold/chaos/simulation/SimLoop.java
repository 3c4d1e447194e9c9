package io.copyhold.chaos.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/**
 * The one thread of a simulation. Everything that would run elsewhere is a task in a list; the loop
 * picks the next one by the seed, and when the list is empty it jumps to the earliest timer. Tasks
 * and timers belong to a node: they vanish when it is killed, and wait while it is paused.
 */
public final class SimLoop {
  private static final Map<String, SimLoop> LOOPS = new ConcurrentHashMap<>();
  private static final Instant EPOCH = Instant.parse("2026-01-01T00:00:00Z");

  /** Lines of the trace that are kept for the report of a violation, unless others are wanted. */
  static final int LINES = 60;

  /** Something to run at a virtual time; {@code order} breaks ties. */
  private record Timer(long at, long order, String node, Runnable task, boolean[] cancelled) {}

  private record Task(String node, Runnable run) {}

  private record Line(long at, String what) {}

  private final String id;
  private final RandomGenerator random;
  private final Conditions conditions = new Conditions();
  private final Thread thread = Thread.currentThread();
  private final List<Task> ready = new ArrayList<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(Comparator.comparingLong(Timer::at).thenComparingLong(Timer::order));
  private final Set<String> dead = new HashSet<>();
  private final Map<String, List<Runnable>> paused = new TreeMap<>();
  private final Map<String, Duration> skews = new TreeMap<>();
  private final ArrayDeque<Line> lines = new ArrayDeque<>();
  private long now;
  private long order;
  private long steps;
  private long trace = 1_125_899_906_842_597L;
  private boolean inline;
  private boolean halted;
  private int linesMax = LINES;
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

  Conditions conditions() {
    return conditions;
  }

  /** Nothing runs any more. */
  void halt() {
    halted = true;
  }

  /** A duration between two, by the seed. */
  Duration between(Duration least, Duration most) {
    return least.plusNanos(random.nextLong(Math.max(1, most.minus(least).toNanos())));
  }

  public Instant now() {
    return EPOCH.plusNanos(now);
  }

  /** What the clock of {@code node} shows. */
  public Instant nowAt(String node) {
    Duration skew = skews.get(node);
    return skew == null ? now() : now().plus(skew);
  }

  /** Sets the clock of {@code node} wrong by {@code skew}; its timers go on as before. */
  public void skew(String node, Duration skew) {
    skews.put(node, skew);
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
    if (lines.size() >= linesMax) {
      lines.removeFirst();
    }
    lines.addLast(new Line(now, what));
  }

  /** How many of the last things that happened are kept. */
  void keep(int most) {
    linesMax = most;
  }

  /** The last things that happened, with the virtual seconds they did at. */
  public List<String> lastLines() {
    return lines.stream()
        .map(line ->
            String.format(
                java.util.Locale.ROOT, "%10.4f %s", line.at() / 1_000_000_000.0, line.what()))
        .toList();
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

  /** Nothing of the node runs until {@link #resume}; what comes due meanwhile waits. */
  void pause(String node) {
    paused.computeIfAbsent(node, _ -> new ArrayList<>());
  }

  /** All that waited is ready now, in any order. */
  void resume(String node) {
    List<Runnable> held = paused.remove(node);
    if (held != null && alive(node)) {
      held.forEach(task -> ready.add(new Task(node, task)));
    }
  }

  boolean pausing(String node) {
    return paused.containsKey(node);
  }

  /** From here on nothing of the node runs. */
  void kill(String node) {
    dead.add(node);
    paused.remove(node);
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
      if (!step(end)) {
        now = end;
        return done.getAsBoolean();
      }
    }
    return true;
  }

  /** Runs {@code count} tasks, or as many as there are within {@code limit} of virtual time. */
  public void runSteps(long count, Duration limit) {
    long last = steps + count;
    long end = now + limit.toNanos();
    while (steps < last) {
      if (!step(end)) {
        now = Math.max(now, halted ? now : end);
        return;
      }
    }
  }

  /**
   * Runs the next task, or comes a timer closer to it; false when nothing is left before {@code
   * end}.
   */
  private boolean step(long end) {
    if (halted) {
      return false;
    }
    if (foreign != null) {
      throw new IllegalStateException(
          "thread " + foreign + " reached into the simulation: this run proves nothing");
    }
    if (!ready.isEmpty()) {
      int chosen = random.nextInt(ready.size());
      Task task = ready.set(chosen, ready.getLast());
      ready.removeLast();
      List<Runnable> held = paused.get(task.node());
      if (held != null) {
        held.add(task.run());
      } else if (alive(task.node())) {
        steps++;
        task.run().run();
      }
      return true;
    }
    Timer timer = timers.poll();
    if (timer == null) {
      return false;
    }
    if (timer.at() > end) {
      timers.add(timer);
      return false;
    }
    now = Math.max(now, timer.at());
    if (!timer.cancelled()[0] && alive(timer.node())) {
      submit(timer.node(), timer.task());
    }
    return true;
  }

  public void close() {
    LOOPS.remove(id);
    ready.clear();
    timers.clear();
  }
}
