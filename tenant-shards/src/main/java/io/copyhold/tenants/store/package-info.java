/**
 * Data stores: the user's database servers in which tenants live. {@link
 * io.copyhold.tenants.store.DataStore} is what can be done to one, whatever its engine; budgets
 * bound what all nodes together ask of it.
 */
@NullMarked
package io.copyhold.tenants.store;

import org.jspecify.annotations.NullMarked;
