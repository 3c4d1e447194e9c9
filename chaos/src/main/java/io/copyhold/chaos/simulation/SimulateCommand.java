package io.copyhold.chaos.simulation;

import io.copyhold.chaos.simulation.Simulation.Options;
import io.copyhold.chaos.simulation.Simulation.Result;
import io.copyhold.runtime.PortAdapter;
import java.io.PrintStream;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code copyhold simulate}: runs seeds one after the other and says what did not hold. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    description =
        "Simulates clusters with faults drawn from seeds and checks invariants after each event.")
@PortAdapter
public final class SimulateCommand implements Callable<Integer> {
  private static final long PROGRESS_EVERY_NANOS = 5_000_000_000L;

  @Option(names = "--seeds", description = "How many seeds to run (${DEFAULT-VALUE}).")
  private long seeds = 100;

  @Option(names = "--from", description = "The first seed (${DEFAULT-VALUE}).")
  private long from = 1;

  @Option(names = "--steps", description = "Steps with faults, per seed (${DEFAULT-VALUE}).")
  private long steps = Options.STEPS;

  @Option(names = "--nodes", description = "Nodes (${DEFAULT-VALUE}).")
  private int nodes = 3;

  @Option(
      names = "--faults",
      description = "Kinds of faults to draw from, by commas; all or none (${DEFAULT-VALUE}).")
  private String faults = "all";

  @Option(
      names = "--defect",
      description = "Break something on purpose, to see an invariant notice: store-overbooks.")
  private List<String> defects = List.of();

  @Option(
      names = "--lines",
      description = "How much of the trace to show of a violation (${DEFAULT-VALUE}).")
  private int lines = SimLoop.LINES;

  @Option(names = "--keep-going", description = "Run all seeds, also after a violation.")
  private boolean keepGoing;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    Options options = options();
    PrintStream out = System.out;
    Coverage coverage = new Coverage();
    long begin = System.nanoTime();
    long said = begin;
    long allSteps = 0;
    long run = 0;
    long violations = 0;
    for (long seed = from; seed < from + seeds; seed++) {
      Result result = Simulation.run(seed, options);
      run++;
      allSteps += result.steps();
      coverage.add(result.coverage());
      if (!result.holds()) {
        violations++;
        report(out, result);
        if (!keepGoing) {
          break;
        }
      }
      if (System.nanoTime() - said > PROGRESS_EVERY_NANOS) {
        said = System.nanoTime();
        out.printf(
            Locale.ROOT,
            "%d of %d seeds, %.1f a second, %d events, %d violations%n",
            run,
            seeds,
            perSecond(run, begin),
            coverage.events(),
            violations);
      }
    }
    covered(out, coverage);
    out.printf(
        Locale.ROOT,
        "RESULT simulate seeds=%d steps=%d events=%d violations=%d seeds_per_s=%.2f%n",
        run,
        allSteps,
        coverage.events(),
        violations,
        perSecond(run, begin));
    return violations == 0 ? 0 : 1;
  }

  private Options options() {
    try {
      EnumSet<Defect> broken = EnumSet.noneOf(Defect.class);
      defects.forEach(defect -> broken.add(Defect.parse(defect)));
      return new Options(steps, nodes, Fault.parse(faults), broken, lines);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private static double perSecond(long run, long begin) {
    return run * 1e9 / Math.max(1, System.nanoTime() - begin);
  }

  private static void report(PrintStream out, Result result) {
    out.printf(
        Locale.ROOT,
        "%nSeed %d violates %s after %d steps and %.1f virtual seconds:%n  %s%n%nThe trace ends with:%n",
        result.seed(),
        result.invariant(),
        result.steps(),
        result.virtualTime().toNanos() / 1e9,
        result.what());
    result.lines().forEach(out::println);
    out.printf("%nRun it again, exactly:%n  %s%n%n", result.again());
  }

  private static void covered(PrintStream out, Coverage coverage) {
    out.printf("%-16s %8s %8s%n", "fault", "drawn", "hit");
    for (Fault fault : Fault.values()) {
      out.printf(
          Locale.ROOT,
          "%-16s %8d %8d%n",
          fault.word(),
          coverage.drawn(fault),
          coverage.hits(fault));
    }
    out.printf(
        Locale.ROOT,
        "refused: %d writes under an old term, %d effects under an old token%n",
        coverage.staleWrites(),
        coverage.staleEffects());
  }
}
