/**
 * How tenants are kept apart inside a store: the strategies, what they look like on PostgreSQL, and
 * the pre-flight checks that refuse a home whose isolation would fail open. Knows nothing of stores
 * and their addresses; the data store calls it with a connection.
 */
@NullMarked
package io.copyhold.tenants.isolation;

import org.jspecify.annotations.NullMarked;
