package io.copyhold.config.node;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;

/** A supervisor in a process of its own, to be killed by {@link SupervisorTest}. */
final class SupervisorProcess {
  private SupervisorProcess() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Supervisor supervisor =
        Supervisor.start(
            SupervisorTest.settings(Path.of(arguments[0]), arguments[1], 2, List.of("store-a")),
            SupervisorTest.TINY,
            InstantSource.system());
    System.out.println("up");
    supervisor.runUntilStopped();
  }
}
