package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * This node's life among its notes: one that does not end cleanly makes the nodes after it careful.
 * Thread-safe.
 */
public final class NodeLife implements InHand {
  private final LifeNotes notes;
  private final Supplier<Set<String>> members;
  private final Duration carefulFor;
  private final InstantSource clock;
  private final Map<EntityRef, Note> condemned = new ConcurrentHashMap<>();
  private volatile Instant carefulUntil = Instant.MIN;

  /**
   * @param notes as this life takes them
   * @param members the lives that are members of the cluster now; this one is taken for one
   * @param carefulFor how long replays are noted after a node was lost
   */
  public NodeLife(
      LifeNotes notes, Supplier<Set<String>> members, Duration carefulFor, InstantSource clock) {
    this.notes = notes;
    this.members = members;
    this.carefulFor = carefulFor;
    this.clock = clock;
  }

  /**
   * This life begins; before anything is replayed. Blocks.
   *
   * @param name what this node is called in each of its lives
   */
  public void begin(String name) {
    if (notes.begin(name, carefulFor)) {
      beCareful();
    }
    read(notes.condemned());
  }

  /** This life ends cleanly: nobody needs to be careful after it. Blocks. */
  public void end() {
    notes.end();
  }

  /** From now on, for a while, replays are noted. */
  public void beCareful() {
    carefulUntil = clock.instant().plus(carefulFor);
  }

  /** That life ended without a farewell. */
  CompletionStage<Void> lost(String life) {
    beCareful();
    return notes
        .later(() -> {
          notes.lost(life);
          return true;
        })
        .thenAccept(_ -> {});
  }

  /** Reads anew what others condemned. */
  CompletionStage<Void> refresh() {
    return notes.later(notes::condemned).thenAccept(this::read);
  }

  private void read(Map<EntityRef, Note> found) {
    condemned.putAll(found);
    condemned.keySet().retainAll(found.keySet());
  }

  @Override
  public boolean careful() {
    return clock.instant().isBefore(carefulUntil);
  }

  @Override
  public @Nullable Note condemned(EntityRef entity) {
    return condemned.get(entity);
  }

  @Override
  public CompletionStage<Note> enter(EntityRef entity) {
    Set<String> alive = members.get();
    return notes.later(() -> notes.enter(entity, alive));
  }

  @Override
  public CompletionStage<Boolean> alone(EntityRef entity) {
    return notes.later(() -> {
      notes.at(entity, 0);
      return true;
    });
  }

  @Override
  public void at(EntityRef entity, long version) {
    notes.at(entity, version);
  }

  @Override
  public void leave(EntityRef entity) {
    notes.later(() -> {
      notes.leave(entity);
      return true;
    });
  }

  @Override
  public void forget(EntityRef entity) {
    condemned.remove(entity);
    notes.later(() -> {
      notes.forget(entity);
      return true;
    });
  }
}
