package io.copyhold.tenants.isolation;

/** How a home keeps its tenants apart; journaled and shown by name. */
public enum Isolation {
  /** A database of its own per tenant. */
  DATABASE,
  /** A schema of its own per tenant, in the store's shared database. */
  SCHEMA,
  /** Tables shared with other tenants, behind row-level security. */
  POOL;

  /** True when a home holds one tenant only. */
  public boolean ownHome() {
    return this != POOL;
  }
}
