package io.copyhold.chaos;

import io.copyhold.chaos.bench.BenchCommand;
import io.copyhold.chaos.demo.DemoCommand;
import io.copyhold.chaos.docs.DocsCommand;
import io.copyhold.chaos.run.ChaosCommand;
import io.copyhold.chaos.simulation.SimulateCommand;
import io.copyhold.http.cli.Version;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Entry point of the commands that need every module: the demo, benchmarks, the generated pages.
 */
@Command(
    name = "copyhold",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Shows, measures and documents Copyhold.",
    subcommands = {
      DemoCommand.class,
      BenchCommand.class,
      ChaosCommand.class,
      SimulateCommand.class,
      DocsCommand.class
    })
public final class Main implements Callable<Integer> {

  @Spec private CommandSpec spec;

  private Main() {}

  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "Say what to do: one of the commands below.");
  }

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Main()).execute(arguments));
  }
}
