package io.copyhold.http.cli;

import io.copyhold.http.node.DownCommand;
import io.copyhold.http.node.StatusCommand;
import io.copyhold.http.node.UpCommand;
import io.copyhold.runtime.ProblemException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
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
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:done",
      " 1:refused: something must be changed",
      " 2:the command line is wrong",
      " 3:not now, or no node was reached",
      " 4:the operation that was watched did not end well"
    },
    footer = {
      "",
      "Also: demo (the two-minute story), test (build and run every test), bench NAME [--quick].",
      "Read on: README.md, docs/tour.md."
    })
public final class Main implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  private Main() {}

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    throw new ParameterException(spec.commandLine(), "Say what to do: one of the commands below.");
  }

  /** All commands. */
  public static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Main());
    line.addSubcommand(new UpCommand());
    line.addSubcommand(new DownCommand());
    line.addSubcommand(new StatusCommand());
    for (Group group :
        List.of(
            TenantCommands.group(),
            StoreCommands.stores(),
            StoreCommands.pools(),
            ChangelogCommands.changelogs(),
            ChangelogCommands.rollouts(),
            ExperimentCommands.experiments(),
            OperationCommands.operations(),
            OperationCommands.tokens(),
            OperationCommands.quarantine(),
            NodeCommands.nodes(),
            NodeCommands.shards(),
            ControlCommands.control(),
            ControlCommands.diverged())) {
      line.addSubcommand(group.name(), group.line());
    }
    line.addSubcommand(new OperationCommands.Events());
    line.addSubcommand(new TopCommand());
    line.addSubcommand(new Completion());
    line.setExecutionExceptionHandler(Main::failed);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    return line;
  }

  /** A problem as three lines; anything else is a fault of ours and shows where. */
  private static int failed(Exception failure, CommandLine command, CommandLine.ParseResult parsed)
      throws Exception {
    if (failure instanceof ProblemException known) {
      var problem = known.problem();
      new Trouble(ExitStatus.REFUSED, problem.what(), problem.where(), problem.todo())
          .print(command.getErr());
      return ExitStatus.REFUSED;
    }
    throw failure;
  }

  @Command(
      name = "completion",
      description = {
        "Prints a completion script for bash and zsh:",
        "source <(copyhold completion)"
      },
      mixinStandardHelpOptions = true)
  static final class Completion implements Callable<Integer> {
    @Spec private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
      if (spec == null) {
        throw new IllegalStateException("not run by picocli");
      }
      CommandLine root = spec.root().commandLine();
      root.getOut().print(AutoComplete.bash("copyhold", root));
      root.getOut().flush();
      return ExitStatus.OK;
    }
  }

  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }
}
