/**
 * Experiments as a state machine, and run against an installation of real processes. What a report
 * says is compared with what was done.
 */
@NullMarked
package io.copyhold.chaos.experiment;

import org.jspecify.annotations.NullMarked;
