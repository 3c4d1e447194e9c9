package io.copyhold.chaos.nemesis;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Signals to processes of one's own, and short commands. */
@PortAdapter
final class Processes {
  private static final long LIMIT_SECONDS = 20;

  private Processes() {}

  /** kill -9; returns when it is gone. */
  static void kill(long pid) {
    ProcessHandle.of(pid)
        .ifPresent(process -> {
          process.destroyForcibly();
          process.onExit().join();
        });
  }

  /** Returns when it stands still. */
  static void pause(long pid) throws InterruptedException {
    run(List.of("kill", "-STOP", String.valueOf(pid)));
  }

  /** Lets it go on; nothing when it is gone. */
  static void resume(long pid) throws InterruptedException {
    if (ProcessHandle.of(pid).isPresent()) {
      run(List.of("kill", "-CONT", String.valueOf(pid)));
    }
  }

  /** Runs a command to its end. */
  static void run(List<String> command) throws InterruptedException {
    int status;
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      status = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS) ? process.exitValue() : -1;
    } catch (IOException e) {
      throw failed(command, e.toString());
    }
    if (status != 0) {
      throw failed(command, "it ended with status " + status);
    }
  }

  private static ProblemException failed(List<String> command, String why) {
    return new ProblemException(
        "command-failed",
        "The command " + String.join(" ", command) + " failed: " + why + ".",
        "Run it by hand and see.");
  }
}
