package io.copyhold.config.node;

import java.util.concurrent.Executor;
import javax.sql.DataSource;
import org.apache.pekko.actor.setup.Setup;

/** Hands the control database to {@link DatabaseLease}, which Pekko makes from its class name. */
public final class LeaseSetup extends Setup {
  private final DataSource database;
  private final Executor blocking;

  /**
   * @param blocking where calls to the database block
   */
  public LeaseSetup(DataSource database, Executor blocking) {
    this.database = database;
    this.blocking = blocking;
  }

  DataSource database() {
    return database;
  }

  Executor blocking() {
    return blocking;
  }
}
