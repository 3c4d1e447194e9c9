package io.copyhold.runtime.process;

import io.copyhold.runtime.PortAdapter;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Starts every child process from one thread that lives as long as this JVM. A child that asked for
 * a parent-death signal gets it when the <em>thread</em> that started it ends, so a pooled or
 * virtual thread must never start one.
 */
@PortAdapter
public final class Spawner {
  private static final ExecutorService THREAD =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().name("copyhold-spawner").daemon(true).factory());

  private Spawner() {}

  /**
   * Starts the process.
   *
   * @throws IOException the program is missing or may not be run
   */
  public static Process start(ProcessBuilder builder) throws IOException {
    try {
      return THREAD.submit(builder::start).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while starting " + builder.command().getFirst(), e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new IOException("cannot start " + builder.command().getFirst(), e.getCause());
    }
  }
}
