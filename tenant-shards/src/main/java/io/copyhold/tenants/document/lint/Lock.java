package io.copyhold.tenants.document.lint;

/** Table locks of PostgreSQL, weakest first, by what others have to wait with. */
public enum Lock {
  NONE,
  /** Stops nobody but other changes of the structure. */
  SHARE_UPDATE_EXCLUSIVE,
  /** Stops writers. */
  SHARE,
  /** Stops writers, on both tables of a foreign key. */
  SHARE_ROW_EXCLUSIVE,
  /** Stops writers and locking reads. */
  EXCLUSIVE,
  /** Stops everybody. */
  ACCESS_EXCLUSIVE
}
