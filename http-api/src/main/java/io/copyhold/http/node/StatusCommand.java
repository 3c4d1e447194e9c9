package io.copyhold.http.node;

import io.copyhold.config.node.ChildState;
import io.copyhold.config.node.SupervisorState;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code copyhold status}: what runs on this machine. Status 0 when all is ready, 3 when not. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = "Says what runs on this machine; exit status 3 unless all of it is ready.")
public final class StatusCommand implements Callable<Integer> {
  private static final int NOT_READY = 3;

  @Mixin private DataOption data = new DataOption();

  @Override
  public Integer call() throws Exception {
    SupervisorState state = SupervisorState.read(data.directory()).orElse(null);
    if (state == null) {
      System.out.println("Nothing runs in " + data.directory() + ". Start it: copyhold up");
      return NOT_READY;
    }
    System.out.printf(
        "supervisor %d since %s in %s%n", state.pid(), state.started(), data.directory());
    System.out.printf(
        "  %-10s %-10s %8s %6s %9s  %s%n", "NAME", "STATE", "PID", "PORT", "RESTARTS", "NOTE");
    boolean ready = true;
    for (ChildState child : state.children()) {
      Health.Verdict health = Health.of(child);
      ready &= health.ready();
      System.out.printf(
          "  %-10s %-10s %8d %6d %9d  %s%n",
          child.name(),
          child.phase().name().toLowerCase(Locale.ROOT),
          child.pid(),
          child.port(),
          child.restarts(),
          health.note().isEmpty() ? child.note() : health.note());
    }
    return ready ? 0 : NOT_READY;
  }
}
