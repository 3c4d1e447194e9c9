package io.copyhold.http.admin;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Optional;

/** Port to the cluster: its nodes, and where its shards are. Blocks. */
public interface Nodes {
  /**
   * One node.
   *
   * @param address of its actor system
   * @param state {@code starting}, {@code up}, {@code leaving}, {@code unreachable}, {@code silent}
   *     (no heartbeat in the register) or {@code ended}
   * @param incarnation of the cluster that it belongs to; 0 before it joined
   * @param life tells two lives of one node apart
   * @param silentMs since its last heartbeat
   * @param report what it says of itself: version, HTTP address, roles, load, shards, stalls
   */
  record Entry(
      String name,
      String address,
      String state,
      long incarnation,
      String life,
      long silentMs,
      JsonNode report) {}

  /**
   * Where one shard is.
   *
   * @param node name of the node, or its address when that has no name
   * @param entities in memory
   */
  record Shard(String type, String shard, String node, long entities) {}

  /** What is asked of a node. */
  enum Request {
    LEAVE,
    RESTART
  }

  /** All nodes by name. */
  List<Entry> nodes();

  /** All shards that are somewhere, by type and number. */
  List<Shard> shards() throws InterruptedException;

  /**
   * Asks a node to leave; it does so within a second. From then on shards stay where they are for a
   * while, so that a rolling restart moves each only once.
   *
   * @return empty when no living node has that name
   */
  Optional<Entry> ask(String name, Request request);
}
