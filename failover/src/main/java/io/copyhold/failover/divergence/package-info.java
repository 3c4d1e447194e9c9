/**
 * Compares owners of homes with their homes after the control database went back in time, and
 * reconciles those that are behind. What agrees is written down in the home, which until then takes
 * no write.
 */
@NullMarked
package io.copyhold.failover.divergence;

import org.jspecify.annotations.NullMarked;
