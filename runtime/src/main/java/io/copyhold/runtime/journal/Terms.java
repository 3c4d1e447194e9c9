package io.copyhold.runtime.journal;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The shards that this node owns, as far as it knows, and the term of each. Another node may have
 * claimed one meanwhile; the journal then refuses the next event, and the shard is given up.
 */
public final class Terms {
  private record Held(long term, Consumer<Problem> lost) {}

  private final int shards;
  private final Map<Shard, Held> held = new ConcurrentHashMap<>();

  /**
   * @param shards of each entity type; fixed for the life of a cluster
   */
  public Terms(int shards) {
    this.shards = shards;
  }

  public Shard shard(EntityRef entity) {
    return Shard.of(entity, shards);
  }

  /**
   * The term under which this node may act for the entity.
   *
   * @throws ProblemException {@code not-owner}
   */
  public long of(EntityRef entity) {
    Held now = held.get(shard(entity));
    if (now == null) {
      throw new ProblemException(
          Problem.unavailable("not-owner", "this node does not own the shard of " + entity)
              .todo("ask again; its owner is being found"));
    }
    return now.term();
  }

  public boolean holds(Shard shard) {
    return held.containsKey(shard);
  }

  /** The shards that this node takes for its own, and the term of each. */
  Map<Shard, Long> all() {
    Map<Shard, Long> all = new HashMap<>();
    held.forEach((shard, now) -> all.put(shard, now.term()));
    return all;
  }

  /** How many shards this node owns. */
  public int size() {
    return held.size();
  }

  /**
   * @param lost called once when the shard turns out to be another's
   */
  void taken(Shard shard, long term, Consumer<Problem> lost) {
    held.merge(shard, new Held(term, lost), (a, b) -> a.term() > b.term() ? a : b);
  }

  void released(Shard shard) {
    held.remove(shard);
  }

  /** The journal refused an event under this term. */
  void lost(Shard shard, long term) {
    Held now = held.get(shard);
    if (now != null && now.term() == term && held.remove(shard, now)) {
      now.lost()
          .accept(
              Problem.unavailable(
                  "shard-claimed", "another node claimed shard " + shard + " after term " + term));
    }
  }

  /** The term under which this node owns the shard; 0 when it does not. */
  long term(Shard shard) {
    Held now = held.get(shard);
    return now == null ? 0 : now.term();
  }

  /** The node was paused or cut off for too long to know what it owns: it gives all up. */
  public void lostAll() {
    held.forEach((shard, now) -> lost(shard, now.term()));
  }
}
