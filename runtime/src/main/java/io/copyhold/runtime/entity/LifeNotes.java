package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.InHand.Note;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Port to what {@link NodeLife} notes, as one life of one node: lives, and the replays it has in
 * hand. Calls block, and fail with a {@link io.copyhold.runtime.ProblemException} when the control
 * database is away; time is the database's.
 */
public interface LifeNotes {
  /** Lost lives older than this are forgotten. */
  Duration FORGET = Duration.ofDays(7);

  /** Entities condemned that are read at once; a cluster with more has other trouble. */
  int CONDEMNED_MAX = 10_000;

  /** Makes a call where it may block. */
  <T> CompletionStage<T> later(Supplier<T> call);

  /**
   * Notes that this life began, and that an earlier one of the same name was lost.
   *
   * @param name what this node is called in each of its lives
   * @return whether a life was lost within {@code carefulFor}
   */
  boolean begin(String name, Duration carefulFor);

  /** This life ended cleanly. */
  void end();

  /** That life ended without a farewell. */
  void lost(String life);

  /** The entities with at least {@link Quarantines#DEATHS_MAX} deaths. */
  Map<EntityRef, Note> condemned();

  /**
   * Notes that this life replays the entity. If a life that is not among {@code alive} had it in
   * hand, that is one more death.
   */
  Note enter(EntityRef entity, Set<String> alive);

  /** Notes that the event {@code version} is next; 0 when the replay of a suspect begins. */
  void at(EntityRef entity, long version);

  /** Drops this life's note, unless it condemns. */
  void leave(EntityRef entity);

  /** Drops the note, whosever it is. */
  void forget(EntityRef entity);
}
