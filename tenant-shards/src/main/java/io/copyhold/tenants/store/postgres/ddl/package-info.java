/**
 * Changes of a live table that let its readers and writers through: statements that wait for a lock
 * only briefly, indexes built beside the writes, constraints checked afterwards, and backfills in
 * small chunks. What to change is the caller's; here it is done once, whatever is killed meanwhile.
 */
@NullMarked
package io.copyhold.tenants.store.postgres.ddl;

import org.jspecify.annotations.NullMarked;
