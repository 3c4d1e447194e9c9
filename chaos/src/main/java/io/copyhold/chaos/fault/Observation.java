package io.copyhold.chaos.fault;

import io.copyhold.chaos.fault.Observed.Seen;
import io.copyhold.runtime.PortAdapter;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Asks every probe of one experiment on a thread of its own, until it is closed. */
@PortAdapter
final class Observation implements AutoCloseable {
  private final List<Watcher> watchers = new ArrayList<>();
  private final List<Probe> probes;
  private final Instant began = Instant.now();
  private final long begun = System.nanoTime();

  /**
   * @param beacon id of the entity that writes go to
   * @param every between two questions of one probe
   */
  Observation(List<Probe> probes, NodeCalls calls, String beacon, Duration every) {
    this.probes = List.copyOf(probes);
    for (Probe probe : probes) {
      watchers.add(new Watcher(probe, Asking.of(probe, calls, beacon), every));
    }
    watchers.forEach(Watcher::start);
  }

  List<Probe> probes() {
    return probes;
  }

  Observed observed(List<FaultState> faults) {
    long now = System.nanoTime();
    List<Seen> seen = watchers.stream().map(watcher -> watcher.seen(now)).toList();
    return new Observed(began, (now - begun) / 1_000_000, seen, faults);
  }

  @Override
  public void close() {
    watchers.forEach(Watcher::close);
  }

  private static final class Watcher implements AutoCloseable {
    private final Probe probe;
    private final Asking asking;
    private final Duration every;
    private final ProbeLog answers;
    private final Thread thread;

    Watcher(Probe probe, Asking asking, Duration every) {
      this.every = every;
      this.probe = probe;
      this.asking = asking;
      this.answers = new ProbeLog(probe.name());
      this.thread = Thread.ofVirtual().name("probe-" + probe.name()).unstarted(this::watch);
    }

    void start() {
      thread.start();
    }

    private void watch() {
      try (asking) {
        while (true) {
          Instant asked = Instant.now();
          long begin = System.nanoTime();
          String problem = ask();
          long end = System.nanoTime();
          if (problem == null && end - begin > probe.latencyMsMax() * 1_000_000L) {
            problem = "it took " + (end - begin) / 1_000_000 + " ms";
          }
          answers.add(asked, begin, end, problem);
          Thread.sleep(every);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    private @Nullable String ask() throws InterruptedException {
      try {
        return asking.ask();
      } catch (IOException | SQLException | RuntimeException e) {
        return NodeCalls.shortened(
            e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
      }
    }

    Seen seen(long now) {
      return answers.seen(now, asking.acknowledged(), asking.lost());
    }

    @Override
    public void close() {
      thread.interrupt();
    }
  }
}
