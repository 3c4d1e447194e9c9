package io.copyhold.http.auth;

/** What a route may ask for. */
public enum Permission {
  TENANT_READ,
  TENANT_REPLAY,
  TENANT_WRITE,
  /** See a tenant's connection string with its password. */
  TENANT_CONNECT,
  STORE_READ,
  STORE_WRITE,
  POOL_READ,
  POOL_WRITE,
  CHANGELOG_READ,
  CHANGELOG_WRITE,
  ROLLOUT_READ,
  ROLLOUT_WRITE,
  OPERATION_READ,
  OPERATION_WRITE,
  TOKEN_READ,
  TOKEN_WRITE,
  QUARANTINE_READ,
  QUARANTINE_WRITE,
  NODE_READ,
  NODE_WRITE,
  EXPERIMENT_READ,
  EXPERIMENT_WRITE,
  /** Inject faults into what runs. */
  EXPERIMENT_RUN,
  /** Say yes to an experiment of somebody else. */
  EXPERIMENT_APPROVE,
  CONTROL_READ,
  /** Back the control plane up, drill it, have all homes compared with their owners. */
  CONTROL_WRITE,
  /** Let an owner take over what its home says. */
  HOME_RECONCILE,
  EVENTS_READ,
  METRICS_READ,
  CONTRACT_READ;

  /** As a problem names it: {@code tenant:read}. */
  public String word() {
    return name().toLowerCase(java.util.Locale.ROOT).replace('_', ':');
  }
}
