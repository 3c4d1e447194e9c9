package io.copyhold.tenants.store.postgres.expand;

import java.util.Locale;

/** Where a change of a home is. */
public enum State {
  /** What the new version needs is being made. */
  STARTING,
  /** Clients speak either version. */
  BOTH,
  /** Clients of the old version are refused, and it can be taken back. */
  COMPLETED,
  /** The old shape is being dropped. */
  FINALIZING,
  /** The new version is the only one. */
  FINALIZED,
  /** It is being taken back. */
  REVERSING,
  /** It was taken back; nothing of it is left. */
  REVERSED;

  /** Both shapes, or parts of them, are there. */
  public boolean open() {
    return this != FINALIZED && this != REVERSED;
  }

  /** Steps of it are under way or were interrupted. */
  public boolean moving() {
    return this == STARTING || this == FINALIZING || this == REVERSING;
  }

  /** As the home's ledger writes it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  static State of(String text) {
    return valueOf(text.toUpperCase(Locale.ROOT));
  }
}
