package io.copyhold.migration.schema;

import io.copyhold.config.secret.Secret;
import io.copyhold.config.secret.Secrets;
import io.copyhold.tenants.changelog.Scripts;
import io.copyhold.tenants.placement.Candidates;
import io.copyhold.tenants.placement.Homes;
import io.copyhold.tenants.store.DataStores;
import io.copyhold.tenants.store.LockPolicy;
import java.util.function.Supplier;

/**
 * What the steps of this module work with.
 *
 * @param passwords makes a fresh password, from a secure source outside tests and simulation
 * @param signals what a rollout's health is judged by
 * @param locks how long a script may wait for locks that applications hold
 */
public record StepPorts(
    DataStores stores,
    Secrets secrets,
    Scripts scripts,
    Candidates candidates,
    Homes homes,
    Supplier<Secret> passwords,
    HealthSignals signals,
    LockPolicy locks) {}
