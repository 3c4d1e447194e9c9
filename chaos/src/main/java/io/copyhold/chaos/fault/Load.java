package io.copyhold.chaos.fault;

import io.copyhold.runtime.PortAdapter;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A load spike at work: reads at a fixed rate, whatever becomes of them. */
@PortAdapter
final class Load implements Injection {
  private final Fault.LoadSpike spike;
  private final NodeCalls calls;
  private final Duration readLimit;
  private final Semaphore open;
  private @Nullable ScheduledExecutorService timer;
  private int turn;

  Load(Fault.LoadSpike spike, NodeCalls calls, AgentLimits limits) {
    this.readLimit = limits.spikeReadLimit();
    this.open = new Semaphore(limits.spikeOpenMax());
    this.spike = spike;
    this.calls = calls;
  }

  @Override
  public synchronized void inject(Undo undo) throws IOException {
    if (timer != null) {
      return;
    }
    List<Integer> ports = calls.ports();
    ScheduledExecutorService ticking =
        Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().factory());
    timer = ticking;
    var _ =
        ticking.scheduleAtFixedRate(
            () -> fire(ports), 0, 1_000_000_000L / spike.requestsPerSecond(), TimeUnit.NANOSECONDS);
  }

  private void fire(List<Integer> ports) {
    if (!ports.isEmpty() && open.tryAcquire()) {
      int port = ports.get(turn++ % ports.size());
      var _ = calls.fire(port, spike.path(), readLimit).whenComplete((_, _) -> open.release());
    }
  }

  @Override
  public synchronized void lift(Undo undo) {
    if (timer != null) {
      timer.shutdownNow();
      timer = null;
    }
  }
}
