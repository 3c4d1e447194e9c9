package io.copyhold.tenants.tenant;

import io.copyhold.tenants.isolation.HomeRef;
import org.jspecify.annotations.Nullable;

/**
 * The home a tenant lives in.
 *
 * @param epoch fencing token: each move or failover raises it by one, and a lower one is refused;
 *     from 1
 * @param version of the changelog it has; null in a pool, where the pool knows
 * @param birth generation of the operation that made or adopted it, by which the store or pool
 *     knows its place
 * @param adopted it was there before Copyhold, and stays when the tenant leaves
 */
public record Home(
    HomeRef ref,
    long epoch,
    String changelog,
    @Nullable String version,
    int birth,
    boolean adopted) {
  public static final long FIRST_EPOCH = 1;

  Home at(String next) {
    return new Home(ref, epoch, changelog, next, birth, adopted);
  }
}
