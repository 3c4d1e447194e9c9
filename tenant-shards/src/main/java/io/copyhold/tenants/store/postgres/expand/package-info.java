/**
 * Two or more versions of a home's schema at once, on PostgreSQL: a schema of views for each
 * version, and triggers that keep each version's columns current with what another wrote. A
 * document becomes a plan of steps here, and the steps are carried out, resumed after a crash, and
 * taken back.
 */
@NullMarked
package io.copyhold.tenants.store.postgres.expand;

import org.jspecify.annotations.NullMarked;
