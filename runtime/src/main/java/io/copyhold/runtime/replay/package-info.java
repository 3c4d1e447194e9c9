/**
 * Driving the past again: the events of one entity and of its operations into a shadow in memory,
 * with every effect answered from the record. Nothing is stored, sent or woken by it.
 */
@NullMarked
package io.copyhold.runtime.replay;

import org.jspecify.annotations.NullMarked;
