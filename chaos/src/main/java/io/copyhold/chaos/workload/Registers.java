package io.copyhold.chaos.workload;

import io.copyhold.chaos.workload.Generations.Use;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A tenant's setting as a register: reads, blind writes, and writes on condition of the version
 * last read. Every written value is unlike all others.
 */
public final class Registers implements Workload {
  /** Half of the blind writes are repeated until answered. */
  private static final int ATTEMPTS = 40;

  private static final int REST_MILLIS = 120;
  private static final int USES_MAX = 80;

  private final Generations registers;
  private final AtomicLong values = new AtomicLong();

  public Registers(List<String> tenants) {
    this.registers = new Generations("x-register", USES_MAX, tenants);
  }

  @Override
  public String name() {
    return "register";
  }

  @Override
  public void step(Client client) throws InterruptedException {
    Use use = registers.next(client.random());
    String value = client.name() + "-" + values.incrementAndGet();
    int dice = client.random().nextInt(10);
    if (dice < 4) {
      client.read(name(), use);
    } else if (dice < 7) {
      int attempts = client.random().nextBoolean() ? 1 : ATTEMPTS;
      client.change(name(), use, Settings.write(use, value), attempts);
    } else {
      Call read = client.read(name(), use);
      if (read.ok()) {
        client.change(
            name(), use, Settings.swap("cas", use, read.value(), value, read.version()), 1);
      }
    }
    client.rest(REST_MILLIS);
  }
}
