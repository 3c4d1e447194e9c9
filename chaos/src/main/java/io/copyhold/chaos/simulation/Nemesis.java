package io.copyhold.chaos.simulation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Injects faults, drawn by the seed: first which kinds this run has, then one after the other while
 * the run goes on, several at a time. {@link #stop} mends all.
 */
final class Nemesis {
  private static final Duration PAUSE_MAX = Duration.ofSeconds(45);
  private static final Duration DETECTION = Duration.ofSeconds(2);
  private static final Duration LEARNS_MAX = Duration.ofSeconds(15);
  private static final Duration RESTART_MAX = Duration.ofSeconds(8);
  private static final Duration AWAY_MAX = Duration.ofSeconds(20);
  private static final Duration BETWEEN_LEAST = Duration.ofSeconds(3);
  private static final Duration BETWEEN_MOST = Duration.ofSeconds(25);
  private static final int KINDS_MAX = 7;
  private static final double RATE_MAX = 0.3;

  private final SimWorld world;
  private final SimStores stores;
  private final SimLoop loop;
  private final RandomGenerator random;
  private final Conditions conditions;
  private final Consumer<String> start;
  private final List<Fault> kinds;

  /** Of each place in the cluster, the node that is there now, and how many were. */
  private final Map<Integer, Integer> incarnations = new TreeMap<>();

  private final Duration betweenMax;

  /** What happens to the next node that begins a step. */
  private @Nullable Fault atStep;

  private boolean armed;
  private boolean stopped;

  /**
   * @param start starts a node of this name
   */
  Nemesis(SimWorld world, SimStores stores, Set<Fault> allowed, Consumer<String> start) {
    this.world = world;
    this.stores = stores;
    this.loop = world.loop();
    this.random = loop.random();
    this.conditions = loop.conditions();
    this.start = start;
    List<Fault> drawn = new ArrayList<>(new TreeSet<>(allowed));
    int wanted = 1 + random.nextInt(KINDS_MAX);
    while (drawn.size() > wanted) {
      drawn.remove(random.nextInt(drawn.size()));
    }
    this.kinds = List.copyOf(drawn);
    this.betweenMax = loop.between(BETWEEN_LEAST, BETWEEN_MOST);
  }

  void begin(int nodes) {
    for (int place = 1; place <= nodes; place++) {
      start(place);
    }
    if (!kinds.isEmpty()) {
      next();
    }
  }

  private void start(int place) {
    int incarnation = incarnations.merge(place, 1, Integer::sum);
    start.accept("n" + place + (incarnation == 1 ? "" : "." + incarnation));
  }

  private String name(int place) {
    int incarnation = incarnations.getOrDefault(place, 0);
    return "n" + place + (incarnation == 1 ? "" : "." + incarnation);
  }

  private void next() {
    loop.after(
        "nemesis",
        loop.between(Duration.ofMillis(200), betweenMax),
        () -> {
          if (!stopped) {
            Fault fault = kinds.get(random.nextInt(kinds.size()));
            conditions.coverage.drew(fault);
            loop.note("fault " + fault.word());
            inject(fault);
            next();
          }
        });
  }

  private int somePlace() {
    List<Integer> places = new ArrayList<>(incarnations.keySet());
    return places.get(random.nextInt(places.size()));
  }

  private void inject(Fault fault) {
    switch (fault) {
      case CRASH, PAUSE, CUT -> {
        if (random.nextInt(4) > 0) {
          atStep = fault;
        } else {
          strike(fault, somePlace());
        }
      }
      case CRASH_AT_WRITE -> armed = true;
      case HAND_OFF -> handOff();
      case LOSS -> {
        conditions.loss = random.nextDouble() * RATE_MAX;
        later(AWAY_MAX, () -> conditions.loss = 0);
      }
      case DUPLICATION -> {
        conditions.duplication = random.nextDouble() * RATE_MAX;
        later(AWAY_MAX, () -> conditions.duplication = 0);
      }
      case DELAY -> {
        conditions.delay = random.nextDouble() * RATE_MAX;
        later(AWAY_MAX, () -> conditions.delay = 0);
      }
      case WRITE_FAILS -> {
        conditions.writeFails = random.nextDouble() * RATE_MAX;
        later(AWAY_MAX, () -> conditions.writeFails = 0);
      }
      case TORN_WRITE -> {
        conditions.tornWrite = random.nextDouble() * RATE_MAX;
        later(AWAY_MAX, () -> conditions.tornWrite = 0);
      }
      case SLOW_JOURNAL -> {
        conditions.slowJournal = true;
        later(AWAY_MAX, () -> conditions.slowJournal = false);
      }
      case JOURNAL_AWAY -> {
        conditions.journalAway = true;
        later(AWAY_MAX, () -> conditions.journalAway = false);
      }
      case AGENDA_AWAY -> {
        conditions.agendaAway = true;
        later(AWAY_MAX, () -> conditions.agendaAway = false);
      }
      case STORE_AWAY ->
          stores.all().stream()
              .skip(random.nextInt(Math.max(1, stores.all().size())))
              .findFirst()
              .ifPresent(store -> {
                store.away(true);
                later(AWAY_MAX, () -> store.away(false));
              });
      case STORE_FAILS -> {
        double rate = random.nextDouble() * RATE_MAX;
        stores.all().forEach(store -> store.failCalls(rate));
        later(AWAY_MAX, () -> stores.all().forEach(store -> store.failCalls(0)));
      }
      case SLOW_STEPS -> {
        conditions.slowSteps = random.nextDouble() * RATE_MAX;
        later(AWAY_MAX, () -> conditions.slowSteps = 0);
      }
      case CLOCK -> {
        String node = name(somePlace());
        Duration skew = loop.between(Duration.ofHours(-1), Duration.ofHours(1));
        conditions.coverage.hit(Fault.CLOCK);
        loop.skew(node, skew);
        later(AWAY_MAX, () -> loop.skew(node, Duration.ZERO));
      }
    }
  }

  private void strike(Fault fault, int place) {
    switch (fault) {
      case CRASH -> crash(place);
      case PAUSE -> pause(place);
      default -> cut(place);
    }
  }

  /** A node has a step in hand now: the best moment to lose it. */
  void beganStep(String node) {
    Fault fault = atStep;
    if (fault != null) {
      atStep = null;
      loop.after("nemesis", Duration.ZERO, () -> place(node).ifPresent(p -> strike(fault, p)));
    }
  }

  private Optional<Integer> place(String node) {
    return incarnations.keySet().stream().filter(place -> name(place).equals(node)).findFirst();
  }

  private void later(Duration most, Runnable mend) {
    loop.after("nemesis", loop.between(Duration.ofMillis(500), most), mend);
  }

  /** The moment of {@link Fault#CRASH_AT_WRITE}. */
  void wrote(String node) {
    if (armed) {
      armed = false;
      conditions.coverage.hit(Fault.CRASH_AT_WRITE);
      loop.after("nemesis", Duration.ZERO, () -> place(node).ifPresent(this::crash));
    }
  }

  private void crash(int place) {
    String node = name(place);
    if (!world.alive(node)) {
      return;
    }
    if (world.nodes().stream().anyMatch(n -> n.name().equals(node) && !n.steps().isEmpty())) {
      conditions.coverage.hit(Fault.CRASH);
    }
    world.killWithOrphans(node, stores);
    later(RESTART_MAX, () -> restart(place));
  }

  private void restart(int place) {
    if (!world.alive(name(place))) {
      start(place);
    }
  }

  private void pause(int place) {
    String node = name(place);
    if (!world.alive(node) || loop.pausing(node)) {
      return;
    }
    loop.note("pause " + node);
    loop.pause(node);
    loop.after(
        "nemesis",
        DETECTION,
        () -> {
          if (loop.pausing(node)) {
            conditions.coverage.hit(Fault.PAUSE);
            world.remove(node);
          }
        });
    later(PAUSE_MAX, () -> resume(place, node));
  }

  private void resume(int place, String node) {
    if (loop.pausing(node)) {
      loop.note("resume " + node);
      loop.resume(node);
      learns(place, node);
    }
  }

  private void cut(int place) {
    String node = name(place);
    if (world.alive(node) && world.member(node)) {
      conditions.coverage.hit(Fault.CUT);
      world.remove(node);
      learns(place, node);
    }
  }

  /** A node that was removed finds out after a while, and ends itself. */
  private void learns(int place, String node) {
    later(
        LEARNS_MAX,
        () -> {
          if (world.alive(node) && !world.member(node) && !loop.pausing(node)) {
            world.killWithOrphans(node, stores);
            later(RESTART_MAX, () -> restart(place));
          }
        });
  }

  private void handOff() {
    String node = name(somePlace());
    if (world.member(node) && world.alive(node)) {
      int shard = random.nextInt(Shards.COUNT);
      if (world.handOff(shard, node)) {
        conditions.coverage.hit(Fault.HAND_OFF);
      }
    }
  }

  /** Mends everything; nodes that were removed end, and all places have a node again. */
  void stop() {
    stopped = true;
    armed = false;
    atStep = null;
    loop.note("heal");
    conditions.heal();
    stores
        .all()
        .forEach(store -> {
          store.away(false);
          store.failCalls(0);
        });
    for (int place : List.copyOf(incarnations.keySet())) {
      String node = name(place);
      loop.skew(node, Duration.ZERO);
      loop.resume(node);
      if (world.alive(node) && !world.member(node)) {
        world.kill(node);
      }
      restart(place);
    }
  }
}
