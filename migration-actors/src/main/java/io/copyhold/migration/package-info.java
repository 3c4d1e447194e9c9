/**
 * Operations that change what exists: schema migrations, rollouts, moves and deployments. They are
 * owned by the tenant, pool or rollout that wants them, and never meet {@code failover} but through
 * it.
 */
@NullMarked
package io.copyhold.migration;

import org.jspecify.annotations.NullMarked;
