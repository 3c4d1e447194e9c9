package io.copyhold.config.node;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.DirectoryLock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The supervisor of a data directory, seen from another process: {@code status} and {@code down}.
 */
@PortAdapter
public final class RunningSupervisor {
  private RunningSupervisor() {}

  /** A file that says that a node which left is wanted back. */
  static Path wantedBack(Path data, String node) {
    return data.resolve("nodes").resolve(node + ".start");
  }

  /**
   * Asks it to start a node again that had left.
   *
   * @throws ProblemException no supervisor runs there, or it has no such node, or that has not left
   */
  public static void start(Path data, String node) throws IOException {
    SupervisorState state =
        SupervisorState.read(data)
            .orElseThrow(() ->
                new ProblemException(
                    "not-running",
                    "Nothing runs in " + data + ".",
                    "Start it with 'copyhold up', or name another directory with --data."));
    ChildState child =
        state
            .child(node)
            .filter(c -> c.phase() == ChildState.Phase.LEFT)
            .orElseThrow(() ->
                new ProblemException(
                    "node-has-not-left",
                    "There is no node " + node + " on this machine that has left.",
                    "Look at 'copyhold status'."));
    Files.writeString(wantedBack(data, child.name()), "");
  }

  /**
   * Asks it to stop everything and waits until it has.
   *
   * @return false when none was running
   * @throws ProblemException it did not end within the limit, and goes on stopping
   */
  public static boolean stop(Path data, Duration limit) throws IOException {
    OptionalLong pid = DirectoryLock.holder(data);
    if (pid.isEmpty()) {
      return false;
    }
    ProcessHandle process = ProcessHandle.of(pid.getAsLong()).orElse(null);
    if (process == null) {
      return false; // ended this very moment
    }
    if (process.equals(ProcessHandle.current())) {
      throw new IllegalStateException("a supervisor closes itself");
    }
    process.destroy();
    try {
      process.onExit().get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      throw new ProblemException(
          "not-stopped",
          "The process " + pid.getAsLong() + " did not end within " + limit + ".",
          "Wait and look again with 'copyhold status', or read the logs in " + data + "/log.",
          e);
    } catch (ExecutionException e) {
      throw new IOException("cannot wait for process " + pid.getAsLong(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
