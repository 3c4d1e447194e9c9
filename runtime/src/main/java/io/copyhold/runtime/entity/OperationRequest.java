package io.copyhold.runtime.entity;

/**
 * An operation that an entity's state wants running.
 *
 * @param id derived from the state, name and generation: {@code provision/1}; an id is started once
 * @param type the operation type's journaled name
 * @param input immutable record of what it needs; part of the state it is derived from
 */
public record OperationRequest(String id, String type, Object input) {}
