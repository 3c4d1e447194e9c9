package io.copyhold.chaos.bench;

import java.time.Duration;

/**
 * How much is onboarded.
 *
 * @param schemas measured tenants with a schema of their own; of each kind as many in the peer
 * @param databases measured tenants with a database of their own
 * @param pooled measured tenants in pools
 * @param atOnce tenants under way at the same time
 * @param directory tenants that the directory should hold when it is read
 * @param fillLimit bringing it to that number ends after this, wherever it is then
 * @param reads requests of each kind
 */
record OnboardPlan(
    int schemas,
    int databases,
    int pooled,
    int atOnce,
    int directory,
    Duration fillLimit,
    int reads) {
  /** Of eleven tenants. */
  private static final int SCHEMAS = 4;

  private static final int DATABASES = 1;
  private static final int ALL = 11;

  static OnboardPlan of(int tenants, int atOnce, int directory, Duration fillLimit) {
    int schemas = Math.max(2, tenants * SCHEMAS / ALL);
    int databases = Math.max(2, tenants * DATABASES / ALL);
    return new OnboardPlan(
        schemas,
        databases,
        Math.max(2, tenants - schemas - databases),
        atOnce,
        directory,
        fillLimit,
        Math.clamp(directory / 10, 20, 300));
  }

  int measured() {
    return schemas + databases + pooled;
  }
}
