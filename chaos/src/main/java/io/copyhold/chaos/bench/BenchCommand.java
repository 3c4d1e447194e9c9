package io.copyhold.chaos.bench;

import picocli.CommandLine.Command;

/** {@code copyhold bench NAME [--quick]}. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures against a named peer in the same run; ends with a line RESULT.",
    subcommands = {
      AgendaBench.class,
      FailoverBench.class,
      FleetBench.class,
      OnboardBench.class,
      OperationsBench.class,
      ScaleBench.class,
      SchemaBench.class
    })
public final class BenchCommand implements Runnable {
  @picocli.CommandLine.Spec private picocli.CommandLine.Model.CommandSpec spec;

  @Override
  public void run() {
    throw new picocli.CommandLine.ParameterException(
        spec.commandLine(),
        "Say which one: agenda, failover, fleet, onboard, operations, scale or schema.");
  }
}
