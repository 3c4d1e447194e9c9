package io.copyhold.chaos.checker;

/**
 * Something that must never be.
 *
 * @param checker that found it
 * @param kind whether something acknowledged is lost, something is there twice, or else
 * @param what one sentence with all ids that are needed to look for it
 */
public record Violation(String checker, Kind kind, String what) {
  /** What sort of wrong it is. */
  public enum Kind {
    LOST,
    DOUBLED,
    WRONG,
    /** The limit of the search came first: not shown to be right, so it does not count as right. */
    UNDECIDED
  }

  @Override
  public String toString() {
    return checker + ": " + kind.name().toLowerCase(java.util.Locale.ROOT) + ": " + what;
  }
}
