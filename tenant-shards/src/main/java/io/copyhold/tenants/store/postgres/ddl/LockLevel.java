package io.copyhold.tenants.store.postgres.ddl;

import java.util.Arrays;
import java.util.List;

/**
 * What a statement locks a table with, weakest first; source: PostgreSQL's manual, "Explicit
 * Locking".
 */
public enum LockLevel {
  ACCESS_SHARE("AccessShareLock", 1 << 7),
  ROW_SHARE("RowShareLock", 1 << 6 | 1 << 7),
  ROW_EXCLUSIVE("RowExclusiveLock", 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7),
  SHARE_UPDATE_EXCLUSIVE("ShareUpdateExclusiveLock", 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7),
  SHARE("ShareLock", 1 << 2 | 1 << 3 | 1 << 5 | 1 << 6 | 1 << 7),
  SHARE_ROW_EXCLUSIVE("ShareRowExclusiveLock", 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7),
  EXCLUSIVE("ExclusiveLock", 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7),
  ACCESS_EXCLUSIVE("AccessExclusiveLock", 0xff);

  private final String mode;
  private final int conflicts;

  LockLevel(String mode, int conflicts) {
    this.mode = mode;
    this.conflicts = conflicts;
  }

  /** As {@code pg_locks} calls it. */
  public String mode() {
    return mode;
  }

  /** Whose holders keep this one waiting. */
  public List<LockLevel> conflicting() {
    return Arrays.stream(values()).filter(this::conflicts).toList();
  }

  public boolean conflicts(LockLevel other) {
    return (conflicts & 1 << other.ordinal()) != 0;
  }

  /** True when a SELECT waits for it. */
  public boolean stopsReaders() {
    return conflicts(ACCESS_SHARE);
  }

  /** True when an INSERT, UPDATE or DELETE waits for it. */
  public boolean stopsWriters() {
    return conflicts(ROW_EXCLUSIVE);
  }
}
