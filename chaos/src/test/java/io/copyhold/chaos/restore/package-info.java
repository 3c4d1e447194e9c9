/**
 * The control database restored to an earlier time, and its primary failing over, under a whole
 * installation.
 */
@NullMarked
package io.copyhold.chaos.restore;

import org.jspecify.annotations.NullMarked;
