/**
 * PostgreSQL as a data store: homes, roles, ledgers, fences and scripts on a real server. Nothing
 * here is seen by callers but the engine, which opens a {@link
 * io.copyhold.tenants.store.DataStore}.
 */
@NullMarked
package io.copyhold.tenants.store.postgres;

import org.jspecify.annotations.NullMarked;
