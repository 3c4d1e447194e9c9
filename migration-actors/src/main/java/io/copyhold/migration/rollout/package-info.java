/**
 * Rollouts: taking many homes to a version of their changelog, in waves, with a failure budget. A
 * rollout holds counts and cursors; the directory holds the lists.
 */
@NullMarked
package io.copyhold.migration.rollout;

import org.jspecify.annotations.NullMarked;
