package io.copyhold.http.admin;

/** One thing that must hold for a node to get requests. */
public interface HealthCheck {
  /**
   * @param reason one sentence without addresses or secrets: anybody may read it
   */
  record Verdict(boolean good, String reason) {}

  /** A word: {@code journal}, {@code member}. */
  String name();

  /** May block, for at most a second or two. */
  Verdict look() throws InterruptedException;
}
