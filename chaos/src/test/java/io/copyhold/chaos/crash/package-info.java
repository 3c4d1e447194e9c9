/**
 * Crashes at every point of every operation, and what must be the same afterwards. Also what
 * happens when a store or the control database goes, and where secrets may stand.
 */
@NullMarked
package io.copyhold.chaos.crash;

import org.jspecify.annotations.NullMarked;
