package io.copyhold.chaos.fault;

import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/**
 * Port to the fault agent of this installation. Every call blocks, may be repeated, and throws a
 * {@link ProblemException} for what the agent refuses.
 */
public interface FaultAgent {
  /**
   * What can be hit.
   *
   * @param links what relays lead to: {@code journal}, nodes, stores
   */
  record Reach(List<String> nodes, List<String> links) {
    public Reach {
      nodes = List.copyOf(nodes);
      links = List.copyOf(links);
    }
  }

  Reach reach() throws IOException, InterruptedException;

  /**
   * Begins to ask the probes; faults whose id begins with the observation's belong to it.
   *
   * @param beacon id of the entity that the probe of writes writes to
   */
  void watch(String id, List<Probe> probes, String beacon) throws IOException, InterruptedException;

  /**
   * What was seen so far.
   *
   * @param waitFor answer after so long, at most 2 s: so that callers need no clock
   */
  Observed observed(String id, Duration waitFor) throws IOException, InterruptedException;

  FaultState plan(String id, Fault fault, Timing timing) throws IOException, InterruptedException;

  FaultState renew(String id) throws IOException, InterruptedException;

  FaultState lift(String id) throws IOException, InterruptedException;

  /** Ends an observation and forgets its faults. */
  void forget(String id) throws IOException, InterruptedException;
}
