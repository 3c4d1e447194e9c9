package io.copyhold.tenants.store;

/** What becomes of a schema change that is live in a home beside the version before it. */
public enum Turn {
  /** Clients of the version before are refused; its columns are kept current. */
  COMPLETE,
  /** What only the version before had is dropped; nothing takes the change back any more. */
  FINALIZE
}
