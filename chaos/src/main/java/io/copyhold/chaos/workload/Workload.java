package io.copyhold.chaos.workload;

import java.sql.SQLException;

/** What clients of one kind do; every client of it has one of its own. */
public interface Workload {
  /** As the history names it. */
  String name();

  /** Does the next thing, with a little rest; called again until the time is over. */
  void step(Client client) throws InterruptedException, SQLException;
}
