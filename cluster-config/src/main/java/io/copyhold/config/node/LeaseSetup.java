package io.copyhold.config.node;

import javax.sql.DataSource;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.setup.Setup;

/**
 * Hands the control database to {@link DatabaseLease}, which Pekko makes from its class name.
 *
 * @param blocking where calls to the database block
 */
public final class LeaseSetup extends Setup {
  private final DataSource database;
  private final Executor blocking;

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
