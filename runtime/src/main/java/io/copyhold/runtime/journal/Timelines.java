package io.copyhold.runtime.journal;

import io.copyhold.runtime.EntityRef;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Port to the pasts of the control database. Methods block. */
public interface Timelines {
  /** One past, for ever: nothing has been restored, as far as anybody knows. */
  Timelines FIRST = new FirstTimeline();

  /** The one under way. */
  Timeline current();

  /** The timeline, by its floor, in which a term was given out. */
  long of(long term);

  /** Begins a new one by an operator's word, where a server was put back without a trace. */
  Timeline begin();

  /** All entities of a type, whatever became of them. */
  List<EntityRef> entities(String type);

  /**
   * How many attempts of each operation the journal has from before a timeline began.
   *
   * @return none for an operation that it does not know
   */
  Map<EntityRef, Long> attempts(Collection<EntityRef> operations, long floor);

  /** These owners were compared with their homes. */
  void verified(Collection<EntityRef> owners, long floor);

  /** Owners compared since the timeline began. */
  Set<EntityRef> verified(long floor);

  /** All owners were. */
  void allVerified(long floor);

  /**
   * Runs it unless another node is at it.
   *
   * @return false when another one is
   */
  boolean alone(Runnable work);
}
