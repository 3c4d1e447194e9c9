package io.copyhold.runtime.journal;

import io.copyhold.runtime.EntityRef;
import org.apache.pekko.persistence.query.javadsl.CurrentEventsByPersistenceIdQuery;

/** Port to the events of one entity. */
public interface Events extends CurrentEventsByPersistenceIdQuery {
  /** The version of the newest event of an entity; 0 where there is none. Blocks. */
  long highest(EntityRef entity);
}
