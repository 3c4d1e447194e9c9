/**
 * Schema migration: plain SQL files, one step each, exactly once by the home's own ledger. Whoever
 * owns the home, a tenant or a pool, owns the operation.
 */
@NullMarked
package io.copyhold.migration.schema;

import org.jspecify.annotations.NullMarked;
