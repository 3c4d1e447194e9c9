/**
 * Tenants: from onboarding to offboarding, with what they are called, configured and tagged, and
 * the home they live in. A tenant owns its home unless it lives in a pool.
 */
@NullMarked
package io.copyhold.tenants.tenant;

import org.jspecify.annotations.NullMarked;
