package io.copyhold.http.node;

import io.copyhold.config.node.RunningSupervisor;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code copyhold down}: ends nodes, then databases, cleanly. Data stays. */
@Command(
    name = "down",
    mixinStandardHelpOptions = true,
    description = "Stops what 'up' started, cleanly. Data stays.")
public final class DownCommand implements Callable<Integer> {
  @Mixin private DataOption data = new DataOption();

  @Option(names = "--limit", description = "Seconds to wait (${DEFAULT-VALUE}).")
  private int limitSeconds = 120;

  @Override
  public Integer call() throws Exception {
    boolean was = RunningSupervisor.stop(data.directory(), Duration.ofSeconds(limitSeconds));
    System.out.println(was ? "Copyhold is down." : "Nothing runs in " + data.directory() + ".");
    return 0;
  }
}
