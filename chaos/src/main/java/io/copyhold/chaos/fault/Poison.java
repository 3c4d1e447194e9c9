package io.copyhold.chaos.fault;

import io.copyhold.runtime.PortAdapter;
import java.io.IOException;
import java.time.Duration;

/**
 * Makes the nodes take an entity's events for unreadable. When they do no longer, an entity that
 * was quarantined meanwhile is tried again: nothing is wrong with what is stored.
 */
@PortAdapter
final class Poison {
  /** Within this the nodes have heard that it is over; they ask four times a second. */
  private static final Duration HEARD = Duration.ofMillis(600);

  private static final Duration LIMIT = Duration.ofSeconds(3);

  private final Orders orders;
  private final NodeCalls calls;

  Poison(Orders orders, NodeCalls calls) {
    this.orders = orders;
    this.calls = calls;
  }

  Injection of(String id, Fault.PoisonEntity fault) {
    Injection order = orders.order(id, fault);
    return new Injection() {
      @Override
      public Undo prepare() {
        return new Undo.Retry(fault.entity());
      }

      @Override
      public void inject(Undo undo) throws IOException, InterruptedException {
        order.inject(undo);
      }

      @Override
      public void lift(Undo undo) throws IOException, InterruptedException {
        order.lift(undo);
        Thread.sleep(HEARD);
        retry(fault.entity());
      }
    };
  }

  /** One that is not in quarantine is left alone. */
  void retry(String entity) throws IOException, InterruptedException {
    NodeCalls.Said said =
        calls.post(
            "/v1/quarantine/" + entity + "/retry", null, "poison-over-" + System.nanoTime(), LIMIT);
    if (said.status() / 100 != 2 && said.status() != 404 && said.status() != 409) {
      throw new IOException(entity + " cannot be tried again: " + said.trouble());
    }
  }
}
