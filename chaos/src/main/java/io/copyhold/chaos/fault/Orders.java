package io.copyhold.chaos.fault;

import io.copyhold.runtime.PortAdapter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Faults that happen inside the nodes. Each node asks again and again what stands here for it, and
 * forgets it when it hears nothing; so they end with the agent, too.
 */
@PortAdapter
final class Orders {
  /** What a node is to do now. */
  record Order(String id, Fault fault) {}

  private final Map<String, Order> orders = new ConcurrentHashMap<>();
  private final Map<String, AtomicInteger> left = new ConcurrentHashMap<>();

  Injection order(String id, Fault fault) {
    return new Injection() {
      @Override
      public void inject(Undo undo) {
        if (fault instanceof Fault.FailStep step) {
          left.putIfAbsent(id, new AtomicInteger(step.times()));
        }
        orders.put(id, new Order(id, fault));
      }

      @Override
      public void lift(Undo undo) {
        orders.remove(id);
        left.remove(id);
      }
    };
  }

  /** What stands here for a node. */
  List<Order> of(String node) {
    List<Order> mine = new ArrayList<>();
    for (Order order : orders.values()) {
      List<String> targets = order.fault().targets();
      if (targets.isEmpty() || targets.contains(node)) {
        mine.add(order);
      }
    }
    return mine;
  }

  /** Whether a step's attempt is one of those that are to fail; counts it. */
  boolean take(String id) {
    AtomicInteger count = left.get(id);
    return count != null && count.getAndDecrement() > 0;
  }
}
