package io.copyhold.tenants.store;

import io.copyhold.config.secret.SecretRef;
import io.copyhold.config.secret.Secrets;

/**
 * The stores that this node works with. Connections are opened when needed and closed when unused
 * for a while.
 */
public interface DataStores extends AutoCloseable {
  /** The store at this address; cheap, asks nobody. A changed address replaces the one before. */
  DataStore open(StoreAddress address);

  /**
   * The store of this id, by its registration.
   *
   * @throws io.copyhold.runtime.ProblemException {@code store-unknown}
   */
  DataStore get(String store);

  /** Closes the store's connections, for example after its deregistration. */
  void forget(String store);

  @Override
  void close();

  /** Port: how a store was registered. Blocks. */
  @FunctionalInterface
  interface Addresses {
    /**
     * @throws io.copyhold.runtime.ProblemException {@code store-unknown}
     */
    StoreAddress find(String store);
  }

  /**
   * Port: what a secret's reference stands for. Asked at each connect, so a rotated secret works.
   */
  @FunctionalInterface
  interface Passwords {
    String reveal(String reference);

    /** From where secrets are kept; references have their text form, {@code secret:NAME}. */
    static Passwords in(Secrets secrets) {
      return reference -> secrets.require(SecretRef.parse(reference)).reveal();
    }
  }
}
