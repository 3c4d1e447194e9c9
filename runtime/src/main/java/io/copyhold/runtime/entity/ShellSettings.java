package io.copyhold.runtime.entity;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Limits of the shell, read from {@code copyhold.entity}; reasons stand there.
 *
 * @param idleAfter an entity without work leaves memory after this long without a message
 * @param handOffMax how long a stopping entity may take to bring its steps to a stop
 * @param askMax how long a caller waits for an answer
 * @param keysMax idempotency keys remembered per entity
 * @param keysAge how long a key is remembered
 * @param snapshotEvery events between snapshots
 * @param quarantineAfter failed replays of one event after which the entity is quarantined
 * @param carefulFor how long replays are noted after a node was lost
 * @param stateBytesMax size of a stored state above which a command is refused
 * @param busyDue due time of the row of an entity with running operations, put anew before it comes
 */
public record ShellSettings(
    Duration idleAfter,
    Duration handOffMax,
    Duration askMax,
    int keysMax,
    Duration keysAge,
    int snapshotEvery,
    int quarantineAfter,
    Duration carefulFor,
    int stateBytesMax,
    Duration busyDue) {
  public ShellSettings {
    positive("idle-after", idleAfter);
    positive("hand-off-max", handOffMax);
    positive("ask-max", askMax);
    positive("keys-age", keysAge);
    positive("busy-due", busyDue);
    positive("careful-for", carefulFor);
    if (keysMax < 1 || keysMax > 10_000) {
      throw new IllegalArgumentException("copyhold.entity.keys-max must be 1 to 10000");
    }
    if (snapshotEvery < 1 || quarantineAfter < 1) {
      throw new IllegalArgumentException(
          "copyhold.entity.snapshot-every and quarantine-after must be at least 1");
    }
    if (stateBytesMax < 1024) {
      throw new IllegalArgumentException("copyhold.entity.state-bytes-max must be at least 1024");
    }
  }

  public static ShellSettings from(Config root) {
    Config c = root.getConfig("copyhold.entity");
    return new ShellSettings(
        c.getDuration("idle-after"),
        c.getDuration("hand-off-max"),
        c.getDuration("ask-max"),
        c.getInt("keys-max"),
        c.getDuration("keys-age"),
        c.getInt("snapshot-every"),
        c.getInt("quarantine-after"),
        c.getDuration("careful-for"),
        Math.toIntExact(c.getBytes("state-bytes-max")),
        c.getDuration("busy-due"));
  }

  private static void positive(String name, Duration value) {
    if (value.isZero() || value.isNegative()) {
      throw new IllegalArgumentException("copyhold.entity." + name + " must be positive");
    }
  }
}
