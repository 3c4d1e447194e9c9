package io.copyhold.runtime.journal;

import com.typesafe.config.Config;
import io.copyhold.runtime.cassandra.CassandraSettings;
import java.time.Duration;

/**
 * How a node holds its shards on Cassandra, read from {@code copyhold.cassandra.lease}; reasons
 * stand there.
 *
 * @param beatEvery a node shows its life this often
 * @param validFor it stores nothing when it could not for so long
 * @param landing a write that was sent has arrived or failed by then
 * @param closedAfter a silence after which an owner never writes again
 */
record LeaseTimes(Duration beatEvery, Duration validFor, Duration landing, Duration closedAfter) {
  LeaseTimes {
    if (!beatEvery.isPositive() || validFor.compareTo(beatEvery.multipliedBy(3)) < 0) {
      throw new IllegalArgumentException(
          "copyhold.cassandra.lease: valid-for must be at least three times beat-every");
    }
    if (closedAfter.compareTo(validFor.plus(landing).multipliedBy(2)) < 0) {
      throw new IllegalArgumentException(
          "copyhold.cassandra.lease.closed-after must be well above valid-for and request-limit");
    }
  }

  /**
   * @param root a node's whole configuration
   */
  static LeaseTimes from(Config root) {
    Config c = root.getConfig("copyhold.cassandra.lease");
    return new LeaseTimes(
        c.getDuration("beat-every"),
        c.getDuration("valid-for"),
        CassandraSettings.from(root).requestLimit(),
        c.getDuration("closed-after"));
  }

  /** After a silence of so long nothing of that owner is under way. */
  Duration silence() {
    return validFor.plus(landing);
  }
}
