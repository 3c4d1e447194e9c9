package io.copyhold.chaos.simulation;

import java.util.EnumMap;
import java.util.Map;

/**
 * How often each fault was drawn, and how often it hit: a crash that met work in hand, a stale
 * writer that was refused, a message that was lost. A fault that never hits proves nothing.
 */
public final class Coverage {
  private final Map<Fault, Long> drawn = new EnumMap<>(Fault.class);
  private final Map<Fault, Long> hit = new EnumMap<>(Fault.class);
  private long staleWrites;
  private long staleEffects;
  private long events;

  void drew(Fault fault) {
    drawn.merge(fault, 1L, Long::sum);
  }

  void hit(Fault fault) {
    hit.merge(fault, 1L, Long::sum);
  }

  void staleWrite() {
    staleWrites++;
  }

  void staleEffect() {
    staleEffects++;
  }

  void event() {
    events++;
  }

  /** Times the fault was injected. */
  public long drawn(Fault fault) {
    return drawn.getOrDefault(fault, 0L);
  }

  /** Times it met something. */
  public long hits(Fault fault) {
    return hit.getOrDefault(fault, 0L);
  }

  /** Appends of an owner that had been replaced, refused by the journal. */
  public long staleWrites() {
    return staleWrites;
  }

  /** Effects under a token that a store had seen surpassed, refused by it. */
  public long staleEffects() {
    return staleEffects;
  }

  /** Events that became durable. */
  public long events() {
    return events;
  }

  /** Adds another run's. */
  public void add(Coverage other) {
    other.drawn.forEach((fault, count) -> drawn.merge(fault, count, Long::sum));
    other.hit.forEach((fault, count) -> hit.merge(fault, count, Long::sum));
    staleWrites += other.staleWrites;
    staleEffects += other.staleEffects;
    events += other.events;
  }
}
