package io.copyhold.config.node;

import java.sql.SQLException;
import java.util.List;

/**
 * The list of nodes that all nodes see. Calls block and fail when its database is away; time is the
 * database's, so clocks of nodes do not matter.
 */
public interface NodeRegister {
  /**
   * One node's life at one address.
   *
   * @param address Pekko's, such as {@code pekko://copyhold@127.0.0.1:7410}
   * @param uid Pekko's number for this life of the actor system
   * @param name of the node, for people
   * @param process its process id, for the supervisor
   */
  record Self(String address, long uid, String name, long process) {}

  /** Where a node stands: it has not joined yet, is a member, or its process has ended. */
  enum State {
    STARTING,
    UP,
    ENDED
  }

  /**
   * One row.
   *
   * @param incarnation of the cluster that it belongs to; 0 before it joined
   * @param alive its last heartbeat is recent by database time
   */
  record Row(String address, long uid, long incarnation, State state, boolean alive) {}

  /**
   * What the register holds at one moment.
   *
   * @param incarnation the current cluster
   * @param settled we have watched for so long that a living node would have shown itself
   * @param replaced another life has taken our address
   * @param rows all nodes, ours included
   */
  record View(long incarnation, boolean settled, boolean replaced, List<Row> rows) {
    public View {
      rows = List.copyOf(rows);
    }
  }

  /** Begins this life: takes the address over from any earlier one. */
  void register(Self self) throws SQLException;

  /** Shows that we live, and looks around. */
  View heartbeat(Self self, State state, long incarnation) throws SQLException;

  /**
   * Begins a new cluster, of which we are the first member, if the current one is still {@code
   * seen} and nobody in the register is up and alive.
   *
   * @return whether we won; the new incarnation is {@code seen + 1}
   */
  boolean form(Self self, long seen) throws SQLException;

  /** Ends this life cleanly. */
  void leave(Self self) throws SQLException;
}
