package io.copyhold.chaos.simulation;

import com.typesafe.config.Config;
import io.copyhold.runtime.PortAdapter;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.dispatch.DispatcherPrerequisites;
import org.apache.pekko.dispatch.ExecutorServiceConfigurator;
import org.apache.pekko.dispatch.ExecutorServiceFactory;

/**
 * Pekko's way to our loop: a dispatcher's executor that only appends to the list. Made by
 * reflection.
 */
@PortAdapter
public final class SimDispatcher extends ExecutorServiceConfigurator {
  private final SimLoop loop;
  private final String node;

  public SimDispatcher(Config config, DispatcherPrerequisites prerequisites) {
    super(config, prerequisites);
    Config sim = prerequisites.settings().config().getConfig("copyhold.simulation");
    this.loop = SimLoop.of(sim.getString("loop"));
    this.node = sim.getString("node");
  }

  @Override
  public ExecutorServiceFactory createExecutorServiceFactory(String id, ThreadFactory factory) {
    return () -> new Appending(loop, node);
  }

  /** Appends; shuts down at once. */
  private static final class Appending extends AbstractExecutorService {
    private final SimLoop loop;
    private final String node;
    private boolean down;

    Appending(SimLoop loop, String node) {
      this.loop = loop;
      this.node = node;
    }

    @Override
    public void execute(Runnable task) {
      loop.submit(node, task);
    }

    @Override
    public void shutdown() {
      down = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
      down = true;
      return List.of();
    }

    @Override
    public boolean isShutdown() {
      return down;
    }

    @Override
    public boolean isTerminated() {
      return down;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return true;
    }
  }

  static ExecutorService executor(SimLoop loop, String node) {
    return new Appending(loop, node);
  }
}
