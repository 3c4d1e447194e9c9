package io.copyhold.runtime.agenda;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * Limits of the agenda, read from {@code copyhold.agenda}; reasons stand there.
 *
 * @param batchMax rows of one statement
 * @param queueMax changes that wait for their statement
 * @param ranges workers of the cluster that take what is due
 * @param poll pause between looks of a worker that finds nothing
 * @param visibility after this a row that was handed out and not answered comes again
 * @param inFlightMin wake-ups under way per worker at the start and after trouble
 * @param inFlightMax and at most
 * @param lostNodeHorizon rows of a lost node due within this are due at once
 */
public record AgendaSettings(
    int batchMax,
    int queueMax,
    int ranges,
    Duration poll,
    Duration visibility,
    int inFlightMin,
    int inFlightMax,
    Duration lostNodeHorizon) {
  public AgendaSettings {
    if (batchMax < 1 || batchMax > 10_000 || queueMax < batchMax) {
      throw new IllegalArgumentException(
          "copyhold.agenda: batch-max must be 1 to 10000 and queue-max no less");
    }
    if (ranges < 1 || ranges > 1_000) {
      throw new IllegalArgumentException("copyhold.agenda.ranges must be 1 to 1000");
    }
    if (!poll.isPositive() || visibility.compareTo(poll) < 0 || lostNodeHorizon.isNegative()) {
      throw new IllegalArgumentException(
          "copyhold.agenda: 0 < poll <= visibility, 0 <= lost-node-horizon");
    }
    if (inFlightMin < 1 || inFlightMax < inFlightMin) {
      throw new IllegalArgumentException("copyhold.agenda: 1 <= in-flight-min <= in-flight-max");
    }
  }

  /**
   * @param root a node's whole configuration
   */
  public static AgendaSettings from(Config root) {
    Config c = root.getConfig("copyhold.agenda");
    return new AgendaSettings(
        c.getInt("batch-max"),
        c.getInt("queue-max"),
        c.getInt("ranges"),
        c.getDuration("poll"),
        c.getDuration("visibility"),
        c.getInt("in-flight-min"),
        c.getInt("in-flight-max"),
        c.getDuration("lost-node-horizon"));
  }
}
