package io.copyhold.chaos.workload;

import io.copyhold.chaos.workload.Generations.Use;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A tenant's setting as a list that only grows: a client reads it, adds an element, and writes it
 * on condition of the version it read. No element is added twice.
 */
public final class Lists implements Workload {
  private static final int REST_MILLIS = 150;
  private static final int ATTEMPTS = 20;

  /** With the length of an element, a value stays below the 1,024 characters it may have. */
  private static final int USES_MAX = 60;

  private final Generations lists;
  private final AtomicLong elements = new AtomicLong();

  public Lists(List<String> tenants) {
    this.lists = new Generations("x-list", USES_MAX, tenants);
  }

  @Override
  public String name() {
    return "append";
  }

  @Override
  public void step(Client client) throws InterruptedException {
    Use use = lists.next(client.random());
    Call read = client.read(name(), use);
    if (read.ok()) {
      String before = read.value();
      String element = String.valueOf(elements.incrementAndGet());
      String after = before.isEmpty() ? element : before + " " + element;
      client.change(
          name(),
          use,
          Settings.swap("append", use, before, after, read.version()),
          client.random().nextBoolean() ? 1 : ATTEMPTS);
    }
    client.rest(REST_MILLIS);
  }
}
