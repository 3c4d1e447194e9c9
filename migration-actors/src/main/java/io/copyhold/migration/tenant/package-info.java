/**
 * A tenant's way in and out: provisioning, suspending, adopting and offboarding, and the making and
 * dropping of pools. Each operation undoes what it did, so that a failed one leaves nothing behind.
 */
@NullMarked
package io.copyhold.migration.tenant;

import org.jspecify.annotations.NullMarked;
