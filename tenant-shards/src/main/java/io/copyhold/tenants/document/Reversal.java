package io.copyhold.tenants.document;

import java.util.Locale;

/** What taking a document back gives: from best to worst. */
public enum Reversal {
  /** Every row reads as if the old version had written it. */
  EXACT,
  /** Rows stay, some values written by the new version do not; accepted by whoever declares it. */
  LOSSY,
  /** It cannot be taken back once it has run. */
  IMPOSSIBLE;

  boolean worseThan(Reversal other) {
    return compareTo(other) > 0;
  }

  static Reversal worst(Reversal one, Reversal other) {
    return one.worseThan(other) ? one : other;
  }

  /** As documents write it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
