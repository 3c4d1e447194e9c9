package io.copyhold.chaos.simulation;

import io.copyhold.http.node.Wiring;
import io.copyhold.runtime.entity.EntityTypes;
import io.copyhold.runtime.operation.OperationTypes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run of one seed: a {@link Story} and a {@link Nemesis} for a number of steps, then all faults
 * are mended and everything must come to rest. The invariants are looked at after every event; the
 * first one that does not hold ends the run.
 */
public final class Simulation {
  /** Operations that waited for a timer of an hour must be through. */
  private static final Duration SETTLE_MAX = Duration.ofHours(8);

  /** How long the faults may go on when little happens. */
  private static final Duration TROUBLE_MAX = Duration.ofHours(2);

  private static final long SLICE = 500;
  private static final Duration LOOK_EVERY = Duration.ofSeconds(5);
  private static final EntityTypes TYPES = new EntityTypes(Wiring.stored());

  /**
   * What to run.
   *
   * @param steps tasks of the loop with faults; those until everything has come to rest come on top
   * @param nodes 1 to {@value #NODES_MAX}
   * @param defects broken on purpose
   * @param lines of the trace that a result holds
   */
  public record Options(long steps, int nodes, Set<Fault> faults, Set<Defect> defects, int lines) {
    public static final int NODES_MAX = 9;
    public static final long STEPS = 12_000;
    public static final Options DEFAULT =
        new Options(STEPS, 3, EnumSet.allOf(Fault.class), Set.of(), SimLoop.LINES);

    public Options {
      if (steps < 1 || nodes < 1 || nodes > NODES_MAX) {
        throw new IllegalArgumentException(
            "at least 1 step and 1 to " + NODES_MAX + " nodes, not " + steps + " and " + nodes);
      }
      faults = Set.copyOf(faults);
      defects = Set.copyOf(defects);
    }

    /** The command that runs it again. */
    String command(long seed) {
      String words =
          faults.size() == Fault.values().length
              ? "all"
              : faults.isEmpty()
                  ? "none"
                  : faults.stream().map(Fault::word).sorted().collect(Collectors.joining(","));
      String broken =
          defects.stream()
              .map(defect -> " --defect " + defect.word())
              .sorted()
              .collect(Collectors.joining());
      return "./copyhold simulate --seeds 1 --from %d --steps %d --nodes %d --faults %s%s"
          .formatted(seed, steps, nodes, words, broken);
    }
  }

  /**
   * What came of it.
   *
   * @param steps tasks in all
   * @param trace the same for two runs of one seed with the same options
   * @param invariant the one that did not hold, or null
   * @param what about it
   * @param lines the end of the trace
   * @param again the command that runs it again
   */
  public record Result(
      long seed,
      long steps,
      long trace,
      Duration virtualTime,
      Coverage coverage,
      @Nullable String invariant,
      @Nullable String what,
      List<String> lines,
      String again) {
    public boolean holds() {
      return invariant == null;
    }
  }

  private final long seed;
  private final Options options;
  private final SimWorld world;
  private final SimStores stores;
  private final SimDirectory directory;
  private final Story story;
  private final Nemesis nemesis;
  private final Converges converges;
  private final List<Invariant> invariants;
  private @Nullable Violation violation;

  private Simulation(long seed, Options options) {
    this.seed = seed;
    this.options = options;
    List<OperationTypes> operations = new ArrayList<>();
    this.world = new SimWorld(seed, TYPES, operations::getFirst);
    world.loop().keep(options.lines());
    world.loop().conditions().defects.addAll(options.defects());
    this.stores = new SimStores(world.loop());
    this.directory = new SimDirectory(world.loop());
    this.story = new Story(world, stores, directory);
    operations.add(story.operations());
    EntityTypes types = BrokenTypes.of(TYPES, options.defects());
    this.nemesis =
        new Nemesis(world, stores, options.faults(), node -> world.startWith(node, types));
    this.converges =
        new Converges(world.truth(), world.agenda(), stores, story.secrets(), world.loop());
    this.invariants =
        List.of(
            new SingleOwner(),
            new EpochNeverFalls(),
            new NoAcknowledgedWriteLost(),
            new EffectOncePerKey(),
            new WantedMeansRow(world.truth(), world.agenda()),
            new NeverBothDoneAndUndone(world.truth()),
            new CapacityNeverExceeded(world.truth(), stores),
            new LiveOperationHasWaitReason(world.truth(), world.agenda(), world.loop()),
            converges);
    world.watch(this::check);
    world.onStep(nemesis::beganStep);
    stores.observe(this::check);
  }

  /** Runs one seed. */
  public static Result run(long seed, Options options) {
    try (Quiet _ = new Quiet()) {
      Simulation simulation = new Simulation(seed, options);
      try {
        return simulation.run();
      } finally {
        simulation.world.close();
      }
    }
  }

  private Result run() {
    Instant begin = world.loop().now();
    nemesis.begin(options.nodes());
    story.begin();
    Instant troubleEnd = begin.plus(TROUBLE_MAX);
    while (violation == null
        && world.loop().steps() < options.steps()
        && world.loop().now().isBefore(troubleEnd)
        && !settled()) {
      world.loop().runSteps(Math.min(SLICE, options.steps() - world.loop().steps()), LOOK_EVERY);
    }
    nemesis.stop();
    story.calm();
    Instant end = world.loop().now().plus(SETTLE_MAX);
    while (violation == null && !settled() && world.loop().now().isBefore(end)) {
      world.run(() -> false, LOOK_EVERY);
    }
    if (violation == null && !story.told()) {
      violation = new Violation(converges.name(), "a client still waits: " + converges.unsettled());
    }
    check(new Happening.Settled());
    return new Result(
        seed,
        world.loop().steps(),
        world.loop().trace(),
        Duration.between(begin, world.loop().now()),
        world.loop().conditions().coverage,
        violation == null ? null : violation.invariant(),
        violation == null ? null : violation.what(),
        world.loop().lastLines(),
        options.command(seed));
  }

  private boolean settled() {
    return story.told() && converges.unsettled().isEmpty();
  }

  private void check(Happening happening) {
    if (violation != null) {
      return;
    }
    if (happening instanceof Happening.Appended appended) {
      directory.follow(appended);
      nemesis.wrote(appended.node());
    }
    for (Invariant invariant : invariants) {
      String what = invariant.violatedBy(happening);
      if (what != null) {
        violation = new Violation(invariant.name(), what);
        world.loop().note("VIOLATION of " + invariant.name() + ": " + what);
        world.loop().halt();
        return;
      }
    }
  }
}
