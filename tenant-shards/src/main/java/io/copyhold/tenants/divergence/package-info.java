/**
 * What homes say of their owners, held against what the owners say of themselves. An owner that is
 * behind its home, because the journal went back in time, is diverged until somebody reconciles it.
 */
@NullMarked
package io.copyhold.tenants.divergence;

import org.jspecify.annotations.NullMarked;
