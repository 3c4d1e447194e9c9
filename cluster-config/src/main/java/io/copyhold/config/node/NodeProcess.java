package io.copyhold.config.node;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.process.RollingLog;
import io.copyhold.runtime.process.Spawner;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A running node. Its standard input stays open as long as this process lives: that is how it
 * learns of our death ({@link ParentWatch}).
 */
@PortAdapter
record NodeProcess(Process process, Duration stopLimit) implements Child.Running {

  static NodeProcess start(List<String> command, Path log, long logLimit, Duration stopLimit)
      throws IOException {
    RollingLog output = new RollingLog(log, logLimit);
    Process process =
        Spawner.start(new ProcessBuilder(Spawner.apart(command)).redirectErrorStream(true));
    output.follow(process.getInputStream());
    return new NodeProcess(process, stopLimit);
  }

  @Override
  public long pid() {
    return process.pid();
  }

  @Override
  public CompletableFuture<Integer> exited() {
    return process.onExit().thenApply(Process::exitValue);
  }

  @Override
  public void stop() {
    process.destroy();
    try {
      if (!process.waitFor(stopLimit.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
