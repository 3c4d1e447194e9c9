/**
 * Where a new home goes: the choice among candidates from the directory, and the reservations by
 * which a store or pool disposes of what it has.
 */
@NullMarked
package io.copyhold.tenants.placement;

import org.jspecify.annotations.NullMarked;
