package io.copyhold.config.node;

/**
 * One child as others see it.
 *
 * @param name such as {@code control}, {@code store-a}, {@code node-1}
 * @param phase what it is doing
 * @param pid its process, 0 when there is none
 * @param port where it listens
 * @param restarts since the supervisor started
 * @param note why it is not running; empty when it is
 */
public record ChildState(String name, Phase phase, long pid, int port, int restarts, String note) {
  /** What a child is doing. */
  public enum Phase {
    STARTING,
    RUNNING,
    RESTARTING,
    GAVE_UP,
    /** It was asked to leave the cluster and stays away. */
    LEFT,
    STOPPED
  }
}
