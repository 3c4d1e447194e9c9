package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.journal.Journaled;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Port to the events of one entity as they were stored, for whoever drives them again. */
public interface Recordings {
  /** One event. */
  record Recorded(EntityRef entity, long version, Journaled stored) {}

  /** Events {@code from} (1 is the first) and on, at most {@code limit}; empty at the end. */
  CompletionStage<List<Recorded>> recorded(EntityRef entity, long from, int limit);
}
