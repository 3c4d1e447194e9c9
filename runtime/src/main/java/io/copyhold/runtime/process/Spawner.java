package io.copyhold.runtime.process;

import io.copyhold.runtime.PortAdapter;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;

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
   * The command in a session of its own, where the system can do that: a Ctrl-C in the terminal
   * then reaches only the parent, which ends its children in order.
   */
  public static List<String> apart(List<String> command) {
    if (!isOnPath("setsid")) {
      return command;
    }
    List<String> apart = new ArrayList<>(List.of("setsid"));
    apart.addAll(command);
    return List.copyOf(apart);
  }

  static boolean isOnPath(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .anyMatch(d -> !d.isEmpty() && Files.isExecutable(Path.of(d, program)));
  }

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
