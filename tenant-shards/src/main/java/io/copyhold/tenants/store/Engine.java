package io.copyhold.tenants.store;

/** Port: one kind of database server. */
public interface Engine {
  /** As {@link StoreAddress#engine} names it. */
  String name();

  /** A store at this address; asks nobody yet. */
  Opened open(StoreAddress address, DataStores.Passwords passwords);

  /**
   * A store and how its connections are closed.
   *
   * @param close ends idle connections at once, used ones when given back
   */
  record Opened(DataStore store, Runnable close) {}
}
