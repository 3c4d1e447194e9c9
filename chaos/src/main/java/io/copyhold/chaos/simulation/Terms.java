package io.copyhold.chaos.simulation;

import java.util.HashMap;
import java.util.Map;

/**
 * The terms of all shards: as the journal's database keeps them, and as each node believes. A claim
 * takes the next number, and from then on the journal refuses what an earlier claimant of that
 * shard still writes.
 */
final class Terms {
  /** Who claimed a shard last. */
  record Claim(long term, String node) {
    static final Claim NONE = new Claim(0, "");
  }

  private record Holder(String node, int shard) {}

  private final Map<Integer, Claim> newest = new HashMap<>();
  private final Map<Holder, Long> held = new HashMap<>();
  private long last;

  /** The next number of the sequence that all terms come from. */
  long next() {
    return ++last;
  }

  long claim(int shard, String node) {
    long term = next();
    newest.put(shard, new Claim(term, node));
    return term;
  }

  Claim newest(int shard) {
    return newest.getOrDefault(shard, Claim.NONE);
  }

  /** The node has learnt that its claim went through; it may be surpassed already. */
  void hold(String node, int shard, long term) {
    held.put(new Holder(node, shard), term);
  }

  void release(String node, int shard) {
    held.remove(new Holder(node, shard));
  }

  /** Under which term the node works on the shard, 0 when it does not. */
  long held(String node, int shard) {
    return held.getOrDefault(new Holder(node, shard), 0L);
  }
}
