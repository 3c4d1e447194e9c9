package io.copyhold.config.node;

import java.util.concurrent.Executor;
import org.apache.pekko.actor.setup.Setup;

/** Hands the leases to {@link DatabaseLease}, which Pekko makes from its class name. */
public final class LeaseSetup extends Setup {
  private final SplitLeases leases;
  private final Executor blocking;

  /**
   * @param blocking where calls to the leases block
   */
  public LeaseSetup(SplitLeases leases, Executor blocking) {
    this.leases = leases;
    this.blocking = blocking;
  }

  SplitLeases leases() {
    return leases;
  }

  Executor blocking() {
    return blocking;
  }
}
