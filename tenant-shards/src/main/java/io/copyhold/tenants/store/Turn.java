package io.copyhold.tenants.store;

/** What becomes of the versions of a home's schema. */
public enum Turn {
  /** Clients can speak the version that the home has; none has to yet. */
  OPEN,
  /** Clients of the version before are refused; its columns are kept current. */
  COMPLETE,
  /** What only the version before had is dropped; nothing takes the change back any more. */
  FINALIZE
}
