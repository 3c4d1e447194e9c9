package io.copyhold.http.stream;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import java.time.Instant;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/** Port to what changes in the cluster, as this node's feed sees it. */
public interface Changes {
  /** The offset before everything. */
  String START = "";

  /**
   * One event of one entity.
   *
   * @param offset where a watcher that has seen this one resumes
   * @param event its stable name
   * @param summary of the entity after it; null where unchanged
   */
  record Change(
      String offset,
      EntityRef entity,
      long version,
      String event,
      Instant at,
      @Nullable JsonNode summary) {}

  /**
   * Everything after the offset, at least once and in order per entity, without end. Fails with a
   * {@link io.copyhold.runtime.ProblemException} for an offset it cannot read.
   *
   * @param offset null for what comes from now on
   */
  Source<Change, NotUsed> after(@Nullable String offset);
}
