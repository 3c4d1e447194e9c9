package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Port to the notes about replays under way, by which a node finds out that an entity's replay
 * ended the nodes before it. Notes cost a write, so they are taken only while {@link #careful}.
 */
public interface InHand {
  /**
   * What the notes say.
   *
   * @param deaths nodes that died, one after the other, with this replay under way
   * @param version the event that was under way at the last of them; 0 where unknown
   */
  record Note(int deaths, long version) {}

  /** A node was lost a short while ago: whatever it replayed may be the cause. */
  boolean careful();

  /**
   * The note of an entity that is not to be replayed again, from what this node last read; null for
   * any other. Never blocks.
   */
  @Nullable Note condemned(EntityRef entity);

  /** Completes when it is noted that this node replays the entity, with what was noted before. */
  CompletionStage<Note> enter(EntityRef entity);

  /** Completes when it is noted that the replay of an entity under suspicion begins now. */
  CompletionStage<Boolean> alone(EntityRef entity);

  /** Notes durably that the event {@code version} is next. Blocks. */
  void at(EntityRef entity, long version);

  /** The replay that this node noted has ended: the note goes, in time, unless it condemns. */
  void leave(EntityRef entity);

  /** An operator lets it begin anew: whatever was noted goes, in time. */
  void forget(EntityRef entity);

  /** Notes nothing. */
  InHand NONE =
      new InHand() {
        @Override
        public boolean careful() {
          return false;
        }

        @Override
        public @Nullable Note condemned(EntityRef entity) {
          return null;
        }

        @Override
        public CompletionStage<Note> enter(EntityRef entity) {
          return CompletableFuture.completedStage(new Note(0, 0));
        }

        @Override
        public CompletionStage<Boolean> alone(EntityRef entity) {
          return CompletableFuture.completedStage(true);
        }

        @Override
        public void at(EntityRef entity, long version) {}

        @Override
        public void leave(EntityRef entity) {}

        @Override
        public void forget(EntityRef entity) {}
      };
}
