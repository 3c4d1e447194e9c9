package io.copyhold.tenants.tenant;

import io.copyhold.runtime.Problem;
import io.copyhold.tenants.Fields;
import io.copyhold.tenants.changelog.Target;
import io.copyhold.tenants.isolation.Isolation;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What home a tenant is to get.
 *
 * @param store null leaves the choice to placement
 * @param pool null leaves the choice to placement; only with {@link Isolation#POOL}
 * @param target in a pool, only its changelog counts
 */
public record Wish(
    Isolation isolation, @Nullable String store, @Nullable String pool, Target target) {

  Optional<Problem> flaw() {
    String flaw = Target.flaw(target);
    return Fields.check()
        .that(
            isolation != null,
            "isolation",
            "field-missing",
            "isolation is missing",
            "give DATABASE, SCHEMA or POOL")
        .idIfGiven("store", store)
        .idIfGiven("pool", pool)
        .that(
            flaw == null,
            "target",
            "target-form",
            String.valueOf(flaw),
            "take it from the changelog")
        .that(
            pool == null || isolation == Isolation.POOL,
            "pool",
            "pool-not-wanted",
            "a pool is named, but the isolation is not POOL",
            "leave the pool out, or choose the isolation POOL")
        .that(
            flaw != null || isolation != Isolation.POOL || target.poolable(),
            "target",
            "changelog-not-poolable",
            "the changelog has scripts that are not fit for shared tables",
            "choose the isolation SCHEMA or DATABASE, or a poolable changelog")
        .problem();
  }
}
