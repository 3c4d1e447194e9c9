package io.copyhold.http.cli;

import io.copyhold.http.node.DownCommand;
import io.copyhold.http.node.StatusCommand;
import io.copyhold.http.node.UpCommand;
import io.copyhold.runtime.ProblemException;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Entry point of every command but those that {@code io.copyhold.chaos.Main} takes. */
@Command(
    name = "copyhold",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "The control plane of a multi-tenant SaaS fleet.",
    subcommands = {UpCommand.class, DownCommand.class, StatusCommand.class},
    footer = {
      "",
      "Also: demo (the two-minute story), test (build and run every test), bench NAME [--quick].",
      "Read on: README.md, docs/tour.md."
    })
public final class Main implements Callable<Integer> {

  @Spec private CommandSpec spec;

  private Main() {}

  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "Say what to do: one of the commands below.");
  }

  public static void main(String[] arguments) {
    CommandLine line =
        new CommandLine(new Main())
            .setExecutionExceptionHandler(
                (failure, _, _) -> {
                  if (failure instanceof ProblemException e) {
                    System.err.println("copyhold: " + e.problem());
                    return 1;
                  }
                  throw failure;
                });
    System.exit(line.execute(arguments));
  }
}
