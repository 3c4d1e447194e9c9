package io.copyhold.chaos.run;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code copyhold chaos run}. */
@Command(
    name = "chaos",
    mixinStandardHelpOptions = true,
    description = "Hurts an installation and proves that it survives.",
    subcommands = {RunCommand.class})
public final class ChaosCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Say what to do: run.");
  }
}
