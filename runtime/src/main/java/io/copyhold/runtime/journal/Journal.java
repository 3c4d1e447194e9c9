package io.copyhold.runtime.journal;

import java.util.concurrent.CompletionStage;

/** What a node does with its journal besides storing events, whichever database that is. */
public interface Journal {
  /** Told after each commit, in the writer's thread; must not block. */
  interface Listener {
    void stored();
  }

  /**
   * This node is ready to own shards.
   *
   * @param name of this node, unlike all others and unlike itself before a restart, as claims and
   *     agenda rows show it
   */
  void named(String name);

  /** What this node owns. */
  Terms terms();

  /** The reading side. */
  Events events();

  void listen(Listener listener);

  /** Writes that wait to be stored. */
  int waiting();

  /**
   * Makes this node the shard's owner; completes with the term, and not before everything that its
   * former owner could store can be read.
   */
  CompletionStage<Long> claim(Shard shard);

  /** The shard is no longer ours; completes when the next owner need not wait for us. */
  CompletionStage<Void> release(Shard shard);
}
