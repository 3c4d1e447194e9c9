package io.copyhold.chaos.nemesis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * What goes wrong in which order, drawn from a seed: the same seed and installation give the same
 * plan. When it comes to each fault depends on how fast the one before is got over.
 *
 * @param nodes names of the node processes
 * @param databases names of the database servers that may be cut off; empty where cuts cannot be
 */
public record Plan(long seed, List<String> nodes, List<String> databases) {
  /** Within what a garbage collection may take. */
  private static final int SHORT_PAUSE_MILLIS = 3_000;

  /** Longer than any lease or detector waits. */
  private static final int LONG_PAUSE_MILLIS = 20_000;

  private static final int CUT_MILLIS = 8_000;

  public Plan {
    nodes = List.copyOf(nodes);
    databases = List.copyOf(databases);
  }

  /** One fault after another, with a rest before each. */
  public record Turn(Duration rest, Fault fault) {}

  /** The first turns of it. */
  public List<Turn> turns(int count) {
    RandomGenerator random = new SplittableRandom(seed);
    List<Turn> turns = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      turns.add(new Turn(Duration.ofMillis(1_000 + random.nextInt(4_000)), fault(random)));
    }
    return turns;
  }

  private Fault fault(RandomGenerator random) {
    String node = nodes.get(random.nextInt(nodes.size()));
    int dice = random.nextInt(10);
    Duration cut = Duration.ofMillis(1_000 + random.nextInt(CUT_MILLIS));
    if (!databases.isEmpty() && dice >= 7) {
      int victim = random.nextInt(nodes.size() > 1 ? databases.size() + 1 : databases.size());
      return new Fault.Cut(victim < databases.size() ? databases.get(victim) : node, cut);
    }
    if (dice < 4) {
      return new Fault.Kill(node);
    }
    int most = random.nextInt(4) == 0 ? LONG_PAUSE_MILLIS : SHORT_PAUSE_MILLIS;
    return new Fault.Pause(node, Duration.ofMillis(500 + random.nextInt(most)));
  }
}
