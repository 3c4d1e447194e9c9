/**
 * What keeps tenants alive when parts die: health, promotion, backups, drills and incidents. It
 * never meets {@code migration} directly: both ask the tenant, and the higher epoch wins.
 */
@NullMarked
package io.copyhold.failover;

import org.jspecify.annotations.NullMarked;
