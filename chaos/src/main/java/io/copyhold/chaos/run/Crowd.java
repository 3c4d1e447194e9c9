package io.copyhold.chaos.run;

import io.copyhold.chaos.workload.Client;
import io.copyhold.chaos.workload.History;
import io.copyhold.chaos.workload.Workload;
import io.copyhold.runtime.PortAdapter;
import java.net.URI;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All clients at once, each doing one thing after the other until the end. */
@PortAdapter
final class Crowd implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Crowd.class);

  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
  private volatile boolean stopped;

  /** Begins. */
  Crowd(List<Cast.Part> parts, History history, List<URI> nodes, String token, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (Cast.Part part : parts) {
      for (int i = 1; i <= part.clients(); i++) {
        Client client =
            new Client(
                part.workload().name() + "-" + i, history, () -> nodes, token, random.split());
        threads.add(Thread.ofVirtual().start(() -> run(part.workload(), client)));
      }
    }
  }

  private void run(Workload workload, Client client) {
    try (client) {
      while (!stopped) {
        try {
          workload.step(client);
        } catch (SQLException e) {
          log.atInfo().setCause(e).log("a tenant's database did not answer");
          Thread.sleep(1_000);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      failure.compareAndSet(null, e);
    }
  }

  /** Lets everybody end what is under way. */
  @Override
  public void close() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** Fails when a client could not go on: that is our own fault. */
  void require() {
    RuntimeException trouble = failure.get();
    if (trouble != null) {
      throw trouble;
    }
  }
}
