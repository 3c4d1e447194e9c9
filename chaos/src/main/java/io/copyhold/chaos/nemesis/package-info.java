/**
 * Hurts an installation from outside, by a plan that a seed draws: processes are killed and paused,
 * their ports cut off. Whatever it does it undoes, also when it is interrupted.
 */
@NullMarked
package io.copyhold.chaos.nemesis;

import org.jspecify.annotations.NullMarked;
