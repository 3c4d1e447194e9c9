package io.copyhold.chaos.fault;

import org.jspecify.annotations.Nullable;

/**
 * A question that is asked again and again from outside. It tells good from bad; how much bad is
 * still fine, the experiment says. Journaled, so its shape is a promise.
 */
public sealed interface Probe {
  /** Unique in its experiment. */
  String name();

  /** An answer that takes longer is a bad one, in milliseconds. */
  int latencyMsMax();

  /**
   * A route of the API answers as it should.
   *
   * @param node which alone is asked; null for whichever answers, as behind a load balancer
   */
  record Http(String name, String path, int status, int latencyMsMax, @Nullable String node)
      implements Probe {}

  /** A tenant's database answers the tenant's own login. */
  record TenantSql(String name, String tenant, int latencyMsMax) implements Probe {}

  /** An operation is there, and is not undone, cancelled or failed in its rollback. */
  record OperationGoesOn(String name, String operation, int latencyMsMax) implements Probe {}

  /**
   * A number of {@code /metrics} is within bounds.
   *
   * @param metric with its labels, as the page shows it
   */
  record Metric(String name, String metric, double min, double max, int latencyMsMax)
      implements Probe {}

  /** Changes are acknowledged, and what was acknowledged is still there: measures loss. */
  record Write(String name, int latencyMsMax) implements Probe {}
}
