package io.copyhold.runtime.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import java.time.Instant;

/**
 * One entity or operation as the directory shows it.
 *
 * @param updatedAt when its last event was decided
 * @param summary flat JSON, as its type makes it
 */
public record Row(EntityRef entity, long version, Instant updatedAt, JsonNode summary) {}
