package io.copyhold.chaos.simulation;

import java.util.Locale;

/**
 * Something broken on purpose, to show that an invariant notices. Each names the invariant that it
 * must trip.
 */
public enum Defect {
  /** The journal appends under any term. */
  APPEND_UNDER_AN_OLD_TERM("SingleOwner"),
  /** Homes let every fence pass. */
  STORE_IGNORES_FENCES("EpochNeverFalls"),
  /** Homes run a script again that they have in their ledger. */
  STORE_FORGETS_KEYS("EffectOncePerKey"),
  /** The journal says "stored" of some events that it does not have. */
  JOURNAL_LOSES_WRITES("NoAcknowledgedWriteLost"),
  /** The agenda says "durable" of some rows that it does not have. */
  AGENDA_FORGETS_ROWS("WantedMeansRow"),
  /** The agenda's rows come due years late. */
  AGENDA_LATE_BY_YEARS("LiveOperationHasWaitReason"),
  /** Stores grant places without counting. */
  STORE_OVERBOOKS("CapacityNeverExceeded"),
  /** A tenant takes an operation that went well for one that failed. */
  TENANT_TAKES_DONE_FOR_UNDONE("NeverBothDoneAndUndone"),
  /** Offboarding leaves the home where it is, and says it is gone. */
  STORE_KEEPS_DROPPED_HOMES("Converges");

  private final String trips;

  Defect(String trips) {
    this.trips = trips;
  }

  /** As options name it: {@code store-overbooks}. */
  public String word() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * @throws IllegalArgumentException for an unknown word
   */
  public static Defect parse(String word) {
    return valueOf(word.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  /** Name of the invariant that notices. */
  public String trips() {
    return trips;
  }
}
