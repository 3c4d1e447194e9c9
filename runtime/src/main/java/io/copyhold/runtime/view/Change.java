package io.copyhold.runtime.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One event of one entity, as a watcher sees it.
 *
 * @param offset where a watcher that has seen this one resumes, on any node
 * @param event its stable name
 * @param summary of the entity after it; null where unchanged
 */
public record Change(
    String offset,
    EntityRef entity,
    long version,
    String event,
    Instant at,
    @Nullable JsonNode summary) {}
