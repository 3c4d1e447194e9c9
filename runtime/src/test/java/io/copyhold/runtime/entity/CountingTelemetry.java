package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.telemetry.Telemetry;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts how often entities came to memory and left it. */
final class CountingTelemetry implements Telemetry {
  private final AtomicInteger started = new AtomicInteger();
  private final AtomicInteger stopped = new AtomicInteger();

  int started() {
    return started.get();
  }

  int stopped() {
    return stopped.get();
  }

  @Override
  public Observation command(EntityRef entity, String command, Origin origin) {
    return new Nothing(origin);
  }

  @Override
  public Observation step(
      EntityRef operation, String type, String step, int attempt, Origin origin) {
    return new Nothing(origin);
  }

  @Override
  public void operationEnded(String type, String outcome) {}

  @Override
  public void live(String entityType, int delta) {
    (delta > 0 ? started : stopped).incrementAndGet();
  }
}
