package io.copyhold.tenants.tenant;

import io.copyhold.config.secret.SecretRef;
import io.copyhold.tenants.changelog.Migration;
import io.copyhold.tenants.isolation.HomeRef;
import io.copyhold.tenants.placement.Claim;
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
 * @param arrival how it came to its version; null when it was made with it, or nobody knows
 */
public record Home(
    HomeRef ref,
    long epoch,
    String changelog,
    @Nullable String version,
    int birth,
    boolean adopted,
    Migration.@Nullable Arrival arrival) {
  public static final long FIRST_EPOCH = 1;

  public Home(
      HomeRef ref,
      long epoch,
      String changelog,
      @Nullable String version,
      int birth,
      boolean adopted) {
    this(ref, epoch, changelog, version, birth, adopted, null);
  }

  /**
   * What a home of its own is called: the tenant's id with underscores, and from its second life on
   * the generation, so that a late effect of the first one meets nothing of the second.
   */
  public static String name(String tenant, int generation) {
    String name = tenant.replace('-', '_');
    return generation == 1 ? name : name + "__" + generation;
  }

  /** Reference of the password of the tenant's login role. */
  public static SecretRef password(String tenant, int generation) {
    return new SecretRef("tenants/" + tenant + "/" + generation + "/password");
  }

  /** The tenant's claim to a place at its store or pool. */
  public static Claim claim(String tenant, int generation) {
    return new Claim("tenant/" + tenant, generation, 1);
  }

  Home at(String next, Migration.@Nullable Arrival how) {
    return new Home(ref, epoch, changelog, next, birth, adopted, how);
  }
}
