/**
 * The operation engine: durable work in steps, owned by an entity. An operation is an event-sourced
 * state machine, not replayed code: replay never calls a step.
 */
@NullMarked
package io.copyhold.runtime.operation;

import org.jspecify.annotations.NullMarked;
