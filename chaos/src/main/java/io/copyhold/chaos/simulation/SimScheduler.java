package io.copyhold.chaos.simulation;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import org.apache.pekko.actor.AbstractScheduler;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.event.LoggingAdapter;
import scala.concurrent.ExecutionContext;
import scala.concurrent.duration.FiniteDuration;

/** Pekko's scheduler on virtual time. Made by reflection. */
public final class SimScheduler extends AbstractScheduler {
  private final SimLoop loop;
  private final String node;

  public SimScheduler(Config config, LoggingAdapter log, ThreadFactory threads) {
    Config sim = config.getConfig("copyhold.simulation");
    this.loop = SimLoop.of(sim.getString("loop"));
    this.node = sim.getString("node");
  }

  /** A timer that can be taken back. */
  private static final class Handle implements Cancellable {
    private Runnable cancel = () -> {};
    private boolean cancelled;

    @Override
    public boolean cancel() {
      boolean first = !cancelled;
      cancelled = true;
      cancel.run();
      return first;
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }
  }

  @Override
  public Cancellable schedule(
      FiniteDuration initialDelay,
      FiniteDuration interval,
      Runnable runnable,
      ExecutionContext executor) {
    Handle handle = new Handle();
    repeat(
        handle,
        Duration.ofNanos(initialDelay.toNanos()),
        Duration.ofNanos(interval.toNanos()),
        runnable);
    return handle;
  }

  private void repeat(Handle handle, Duration delay, Duration interval, Runnable runnable) {
    handle.cancel =
        loop.after(
            node,
            delay,
            () -> {
              if (!handle.cancelled) {
                runnable.run();
                repeat(handle, interval, interval, runnable);
              }
            });
  }

  @Override
  public Cancellable scheduleOnce(
      FiniteDuration delay, Runnable runnable, ExecutionContext executor) {
    Handle handle = new Handle();
    handle.cancel =
        loop.after(
            node,
            Duration.ofNanos(delay.toNanos()),
            () -> {
              if (!handle.cancelled) {
                handle.cancelled = true;
                runnable.run();
              }
            });
    return handle;
  }

  @Override
  public double maxFrequency() {
    return 1_000_000;
  }
}
