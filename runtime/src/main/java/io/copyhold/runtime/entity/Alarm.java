package io.copyhold.runtime.entity;

import java.time.Instant;

/**
 * A wake-up that an entity's state wants.
 *
 * @param name unique within the entity, at most 100 characters
 * @param due when; business data, so it comes from a command
 */
public record Alarm(String name, Instant due) {}
