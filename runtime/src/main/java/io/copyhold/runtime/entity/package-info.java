/**
 * The entity and the shell around it, written once: origin, idempotency, expected version, sealed
 * replies, snapshots, passivation, quarantine, operations and alarms wanted, replay.
 */
@NullMarked
package io.copyhold.runtime.entity;

import org.jspecify.annotations.NullMarked;
