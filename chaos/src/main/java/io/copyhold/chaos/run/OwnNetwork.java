package io.copyhold.chaos.run;

import picocli.CommandLine;

/** Entry point of a run in a network namespace of its own. */
final class OwnNetwork {
  private OwnNetwork() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new RunCommand()).execute(arguments));
  }
}
