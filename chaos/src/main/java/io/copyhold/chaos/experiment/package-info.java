/**
 * Experiments as data: what should stay true, what may be hit, which faults, when to stop. An
 * experiment is an entity, its run is an operation, and what came of it is a report in its history.
 */
@NullMarked
package io.copyhold.chaos.experiment;

import org.jspecify.annotations.NullMarked;
