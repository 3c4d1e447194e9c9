package io.copyhold.tenants.store.postgres.ddl;

/** A table that a statement locks, and how. */
public record Locked(TableName table, LockLevel level) {
  @Override
  public String toString() {
    return level + " on " + table;
  }
}
