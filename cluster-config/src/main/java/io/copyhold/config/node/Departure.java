package io.copyhold.config.node;

/**
 * Why a node ends, and how.
 *
 * @param why in words
 */
public record Departure(Kind kind, String why) {
  /** How it ends. */
  public enum Kind {
    /** In good order, and stays away. */
    LEAVE,
    /** In good order, and comes back. */
    RESTART,
    /** At once: others have taken over, so nothing may be finished here. */
    GONE
  }
}
