package io.copyhold.tenants.store.postgres.expand;

import java.util.Locale;

/** A part of a change's life that is carried out as a whole, step by step. */
public enum Phase {
  /** Makes what the new version needs; clients notice nothing. */
  START,
  /**
   * Computes the new columns of rows that are there, checks them, and lets clients speak the new
   * version.
   */
  FILL,
  /** Clients of the old version are refused; its columns are kept current. */
  COMPLETE,
  /** Drops what only the old version needed. Nothing takes that back. */
  FINALIZE,
  /**
   * Takes the change back: rolls it back before it is completed, undoes it after. What clients
   * wrote stays.
   */
  REVERSE;

  /** As the home's ledger writes it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
