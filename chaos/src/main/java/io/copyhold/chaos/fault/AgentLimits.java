package io.copyhold.chaos.fault;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * What an agent may use; the defaults and their reasons stand in {@code reference.conf} under
 * {@code copyhold.chaos.agent.limits}.
 *
 * @param observationsMax experiments at the same time
 * @param probeEvery between two questions of one probe
 * @param spikeOpenMax reads of a load spike without an answer
 * @param spikeReadLimit of one of these
 * @param relayBytesMax that wait in one direction of a connection
 * @param relayConnectLimit for reaching what a relay leads to
 * @param diskBytesMax size of a disk that may be filled
 */
record AgentLimits(
    int observationsMax,
    Duration probeEvery,
    int spikeOpenMax,
    Duration spikeReadLimit,
    int relayBytesMax,
    Duration relayConnectLimit,
    long diskBytesMax) {
  AgentLimits {
    if (observationsMax < 1
        || spikeOpenMax < 1
        || relayBytesMax < 1
        || diskBytesMax < 1
        || !probeEvery.isPositive()
        || !spikeReadLimit.isPositive()
        || !relayConnectLimit.isPositive()) {
      throw new IllegalArgumentException("copyhold.chaos.agent.limits: all are positive");
    }
  }

  /**
   * @param config a whole configuration
   */
  static AgentLimits from(Config config) {
    Config limits = config.getConfig("copyhold.chaos.agent.limits");
    return new AgentLimits(
        limits.getInt("observations-max"),
        limits.getDuration("probe-every"),
        limits.getInt("spike-open-max"),
        limits.getDuration("spike-read-limit"),
        Math.toIntExact(limits.getBytes("relay-bytes-max")),
        limits.getDuration("relay-connect-limit"),
        limits.getBytes("disk-max"));
  }
}
