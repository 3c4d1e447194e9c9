package io.copyhold.chaos.fault;

/**
 * When a fault is in effect.
 *
 * @param afterMs from being told until it is injected
 * @param forMs from then until it is lifted
 * @param leaseMs it is lifted when nobody renews it for so long, 500 to 3,600,000
 */
public record Timing(long afterMs, long forMs, long leaseMs) {
  public Timing {
    if (afterMs < 0 || forMs < 0 || leaseMs < 500 || leaseMs > 3_600_000) {
      throw new IllegalArgumentException(
          "not a timing: " + afterMs + ", " + forMs + ", " + leaseMs);
    }
  }
}
