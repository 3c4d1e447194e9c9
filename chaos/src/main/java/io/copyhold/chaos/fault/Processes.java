package io.copyhold.chaos.fault;

import io.copyhold.config.node.ChildState;
import io.copyhold.config.node.SupervisorState;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The node processes of one data directory, as its supervisor's state file tells. */
@PortAdapter
final class Processes {
  private static final String NODE = "node-";

  /** Probes ask often, and a process lives longer. */
  private static final long KEPT_NANOS = 200_000_000;

  private final Path data;
  private List<ChildState> known = List.of();
  private boolean read;
  private long readAt;

  Processes(Path data) {
    this.data = data;
  }

  /** HTTP port of each node, by name. */
  Map<String, Integer> nodes() throws IOException {
    Map<String, Integer> ports = new TreeMap<>();
    for (ChildState child : children()) {
      if (child.name().startsWith(NODE)) {
        ports.put(child.name(), child.port());
      }
    }
    return ports;
  }

  /** One reader at a time: looking for the directory's holder tries its lock. */
  private synchronized List<ChildState> children() throws IOException {
    long now = System.nanoTime();
    if (!read || now - readAt > KEPT_NANOS) {
      known = SupervisorState.read(data).map(SupervisorState::children).orElse(known);
      read = true;
      readAt = now;
    }
    return known;
  }

  private ProcessHandle process(String node) throws IOException {
    return children().stream()
        .filter(child -> child.name().equals(node) && node.startsWith(NODE) && child.pid() > 0)
        .findFirst()
        .flatMap(child -> ProcessHandle.of(child.pid()))
        .orElseThrow(() ->
            new ProblemException(
                Problem.unavailable("node-not-running", "the node does not run now")
                    .at(node)
                    .todo("wait until its supervisor has started it")));
  }

  Injection kill(String node) {
    return new Injection() {
      @Override
      public void inject(Undo undo) throws IOException {
        process(node).destroyForcibly();
      }

      @Override
      public void lift(Undo undo) {
        // its supervisor starts it again
      }

      @Override
      public boolean momentary() {
        return true;
      }
    };
  }

  Injection pause(String node) {
    return new Injection() {
      @Override
      public Undo prepare() {
        try {
          ProcessHandle process = process(node);
          return new Undo.Resume(process.pid(), started(process).orElseThrow());
        } catch (IOException e) {
          throw new java.io.UncheckedIOException(e);
        }
      }

      @Override
      public void inject(Undo undo) throws IOException, InterruptedException {
        signal("STOP", undo);
      }

      @Override
      public void lift(Undo undo) throws IOException, InterruptedException {
        signal("CONT", undo);
      }
    };
  }

  /** Sends a signal to the process of the record, if it is still the same. */
  static void signal(String name, Undo undo) throws IOException, InterruptedException {
    if (!(undo instanceof Undo.Resume(long pid, Instant started))) {
      return;
    }
    Optional<ProcessHandle> process =
        ProcessHandle.of(pid).filter(now -> started(now).equals(Optional.of(started)));
    if (process.isPresent()) {
      int status =
          new ProcessBuilder("/bin/sh", "-c", "kill -" + name + " \"$1\"", "sh", "" + pid)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor();
      if (status != 0 && process.get().isAlive()) {
        throw new IOException("process " + pid + " took no signal " + name);
      }
    }
  }

  private static Optional<Instant> started(ProcessHandle process) {
    return process.info().startInstant();
  }
}
