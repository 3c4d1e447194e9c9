/**
 * How anything here talks to a PostgreSQL store: connections, one-line SQL, what an SQLSTATE means,
 * and the book of homes that fences every change. All packages beside it build on this one.
 */
@NullMarked
package io.copyhold.tenants.store.postgres.session;

import org.jspecify.annotations.NullMarked;
