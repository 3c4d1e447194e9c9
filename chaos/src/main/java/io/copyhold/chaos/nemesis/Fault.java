package io.copyhold.chaos.nemesis;

import java.time.Duration;

/** One thing that goes wrong. */
public sealed interface Fault {
  /** A child of the supervisor: {@code node-2}, {@code control}. */
  String victim();

  /** How long it lasts before it is undone. */
  Duration lasts();

  /** kill -9: no shutdown hook, no goodbye; the supervisor starts it again. */
  record Kill(String victim) implements Fault {
    @Override
    public Duration lasts() {
      return Duration.ZERO;
    }

    @Override
    public String toString() {
      return "kill " + victim;
    }
  }

  /** It stands still, as in a long collection of garbage, and then goes on as if nothing was. */
  record Pause(String victim, Duration lasts) implements Fault {
    @Override
    public String toString() {
      return "pause " + victim + " for " + lasts.toMillis() + " ms";
    }
  }

  /** Nothing that is sent to it arrives; what it sends does. */
  record Cut(String victim, Duration lasts) implements Fault {
    @Override
    public String toString() {
      return "cut " + victim + " off for " + lasts.toMillis() + " ms";
    }
  }
}
