package io.copyhold.chaos.run;

import io.copyhold.chaos.checker.Violation;
import io.copyhold.chaos.installation.OwnLog;
import io.copyhold.chaos.installation.Workplace;
import io.copyhold.chaos.nemesis.Network;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * {@code copyhold chaos run}. Exit status 0 when no checker found anything, 1 otherwise. As root it
 * runs once more in a network namespace of its own, where it can cut connections; elsewhere it says
 * that it does without.
 */
@PortAdapter
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = {
      "Starts an installation of its own, lets clients use it, kills, pauses and cuts off its",
      "processes meanwhile, heals, and holds everything that was answered against the databases."
    })
final class RunCommand implements Callable<Integer> {
  private static final int SHOWN_MAX = 30;

  @Spec private CommandSpec spec;

  @Option(names = "--seconds", description = "Of faults, 5 to 86400 (${DEFAULT-VALUE}).")
  private int seconds = 180;

  @Option(
      names = "--seed",
      description = "Of the faults and the clients' choices (${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(names = "--nodes", description = "1 to 9 (${DEFAULT-VALUE}).")
  private int nodes = 1;

  @Option(
      names = "--cuts",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Cut connections, too; needs root.")
  private boolean cuts;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "A directory that does not exist yet (default: a temporary one).")
  private @Nullable Path data;

  @Option(names = "--keep", description = "Keep the data, the logs and the history.")
  private boolean keep;

  @Override
  public Integer call() throws Exception {
    ChaosPlan plan;
    try {
      plan = new ChaosPlan(seconds, seed, nodes);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), e.getMessage(), e);
    }
    if (Network.isOwn()) {
      Network.prepare();
    } else if (cuts && Network.lacks().isEmpty() && Network.works()) {
      return inOwnNetwork();
    } else {
      System.out.println(
          "cuts: none, "
              + (cuts
                  ? "for want of "
                      + (Network.lacks().isEmpty() ? "a network namespace" : Network.lacks())
                  : "as asked"));
    }
    return run(plan);
  }

  /** The same command once more; what it prints is printed here. */
  private int inOwnNetwork() throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(flag -> flag.startsWith("-X") || flag.startsWith("--"))
            .toList());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(OwnNetwork.class.getName());
    command.addAll(List.of("--seconds=" + seconds, "--seed=" + seed, "--nodes=" + nodes));
    if (data != null) {
      command.add("--data=" + data);
    }
    if (keep) {
      command.add("--keep");
    }
    Process process = Network.inside(command).redirectErrorStream(true).start();
    Thread onCtrlC = Thread.ofPlatform().unstarted(process::destroy);
    Runtime.getRuntime().addShutdownHook(onCtrlC);
    try (var lines = process.inputReader()) {
      lines.lines().forEach(System.out::println);
    }
    int status = process.waitFor();
    Runtime.getRuntime().removeShutdownHook(onCtrlC);
    return status;
  }

  private int run(ChaosPlan plan) throws Exception {
    PrintStream out = System.out;
    Workplace workplace = Workplace.make("chaos", data, keep);
    OwnLog.into(workplace.log());
    out.println(
        "Copyhold chaos: seed %d, %d s of faults, in %s"
            .formatted(plan.seed(), plan.seconds(), workplace.directory()));
    Path history = workplace.logs().resolve("history.jsonl");
    boolean good = false;
    try (ChaosRun run = new ChaosRun(plan, workplace.directory(), history, out::println)) {
      Thread onCtrlC = Thread.ofPlatform().unstarted(run::close);
      Runtime.getRuntime().addShutdownHook(onCtrlC);
      ChaosResult result = run.run();
      Runtime.getRuntime().removeShutdownHook(onCtrlC);
      good = result.violations().isEmpty();
      report(out, result);
      if (!good) {
        Path failed = workplace.logs().resolve("violations.txt");
        Files.write(failed, result.violations().stream().map(Violation::toString).toList());
      }
      out.println(result.line());
    } catch (ProblemException e) {
      LoggerFactory.getLogger(RunCommand.class).atError().setCause(e).log("the run ended early");
      System.err.println("copyhold chaos run: " + e.getMessage());
    } finally {
      if (good) {
        workplace.remove();
      } else {
        workplace.removeButLogs();
        System.err.println("The history and the logs are in " + workplace.logs());
      }
    }
    return good ? 0 : 1;
  }

  private static void report(PrintStream out, ChaosResult result) {
    out.println();
    result.table().forEach(out::println);
    out.println();
    out.println(
        "  %d kills, %d pauses, %d cuts; %d changes acknowledged, %d events in the journal; load average %.1f"
            .formatted(
                result.done().kills(),
                result.done().pauses(),
                result.done().cuts(),
                result.acknowledged(),
                result.events(),
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage()));
    result.violations().stream().limit(SHOWN_MAX).forEach(v -> out.println("  " + v));
    if (!result.violations().isEmpty()) {
      out.println(
          "  rerun: copyhold chaos run --seed %d --seconds %d --nodes %d --keep"
              .formatted(result.plan().seed(), result.plan().seconds(), result.plan().nodes()));
    }
  }
}
