package io.copyhold.config.node;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;

/**
 * The list of nodes that all nodes see. Calls block, and fail with a {@link
 * io.copyhold.runtime.ProblemException} of kind {@code UNAVAILABLE} when its database is away; time
 * is the database's, so clocks of nodes do not matter.
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

  /** Where a node stands: it has not joined yet, is a member, or is no longer. */
  enum State {
    STARTING,
    UP,
    ENDED
  }

  /** What an operator wants of a node. */
  enum Wish {
    NONE,
    /** Hand over, leave, and stay away. */
    LEAVE,
    /** Hand over, leave, and come back. */
    RESTART
  }

  /** Whether a node that was asleep may go on as what it was. */
  enum Standing {
    MEMBER,
    /** Others have removed it, or another process has its address. */
    GONE,
    /** A split is being decided, or its row is not there: ask again. */
    UNSURE
  }

  /**
   * One row.
   *
   * @param incarnation of the cluster that it belongs to; 0 before it joined
   * @param alive its last heartbeat is recent by database time
   * @param report what it says of itself, a JSON object
   */
  record Row(
      String address, long uid, long incarnation, State state, boolean alive, String report) {
    Row(String address, long uid, long incarnation, State state, boolean alive) {
      this(address, uid, incarnation, state, alive, "{}");
    }
  }

  /**
   * What the register holds at one moment.
   *
   * @param incarnation the current cluster
   * @param settled we have watched for so long that a living node would have shown itself
   * @param replaced another life has taken our address, or others have removed us
   * @param rows all nodes, ours included
   * @param wish what an operator wants of us
   * @param steady shards stay where they are
   */
  record View(
      long incarnation,
      boolean settled,
      boolean replaced,
      List<Row> rows,
      Wish wish,
      boolean steady) {
    public View {
      rows = List.copyOf(rows);
    }

    View(long incarnation, boolean settled, boolean replaced, List<Row> rows) {
      this(incarnation, settled, replaced, rows, Wish.NONE, false);
    }
  }

  /**
   * One node for people and programs.
   *
   * @param silent time since its last heartbeat
   * @param registered when this life began
   * @param report what it says of itself, a JSON object
   */
  record Listed(
      String name,
      String address,
      long uid,
      String process,
      long incarnation,
      State state,
      boolean alive,
      Duration silent,
      Instant registered,
      String report) {}

  /** Begins this life: takes the address over from any earlier one. */
  void register(Self self);

  /**
   * Shows that we live, and looks around.
   *
   * @param report what we say of ourselves, a JSON object
   */
  View heartbeat(Self self, State state, long incarnation, String report);

  /**
   * Begins a new cluster, of which we are the first member, if the current one is still {@code
   * seen} and nobody in the register is up and alive.
   *
   * @return whether we won; the new incarnation is {@code seen + 1}
   */
  boolean form(Self self, long seen);

  /** Ends this life cleanly. */
  void leave(Self self);

  /** Says that the cluster has removed these lives: should one still run, it must not go on. */
  void removed(Set<Long> uids);

  /** Whether this life may go on after it was asleep. */
  Standing standing(String address, long uid);

  /** All nodes, by name. */
  List<Listed> nodes();

  /**
   * Leaves a wish with a node, which sees it with its next heartbeat.
   *
   * @return false when no living node has that name
   */
  boolean wish(String name, Wish wish);

  /** For so long from now, no shard is moved for the sake of balance; zero ends that. */
  void holdSteady(Duration lasting);

  /**
   * Says that a process has ended, for who saw it end: its supervisor. The other nodes then remove
   * it at once instead of waiting until it seems dead. Never called from a guess.
   *
   * @param addressSuffix how the addresses of that process's machine and port end, such as
   *     {@code @127.0.0.1:7410}
   * @return whether there was such a node; false also before there is a register
   */
  boolean ended(String addressSuffix);
}
