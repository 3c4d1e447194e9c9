/**
 * Pools: homes that many tenants share behind row-level security. The pool owns the home's schema,
 * so that all its tenants change version together.
 */
@NullMarked
package io.copyhold.tenants.pool;

import org.jspecify.annotations.NullMarked;
