package io.copyhold.tenants.store;

import org.jspecify.annotations.Nullable;

/**
 * How to reach a store; plain data without secrets, fit for a journal.
 *
 * @param store the store's id
 * @param engine {@code postgresql}
 * @param host name or address
 * @param port 1 to 65535
 * @param user the control plane's login role there; need not be a superuser
 * @param secret reference of its password
 * @param sharedDatabase where schema homes and pools live; made by {@link DataStore#prepare}
 * @param sslMode libpq's word: disable, prefer, require, verify-ca or verify-full
 * @param connectionsMax connections of the control plane to this store from one node, at most
 */
public record StoreAddress(
    String store,
    String engine,
    String host,
    int port,
    String user,
    String secret,
    String sharedDatabase,
    String sslMode,
    int connectionsMax) {

  public static final String POSTGRESQL = "postgresql";
  public static final String SHARED_DATABASE = "copyhold_homes";
  public static final String SSL_MODE = "prefer";
  public static final int CONNECTIONS_MAX = 8;

  public StoreAddress {
    if (store.isEmpty() || engine.isEmpty() || host.isBlank() || user.isEmpty()) {
      throw new IllegalArgumentException("a store's address needs id, engine, host and user");
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port " + port);
    }
    if (!sslMode.matches("disable|prefer|require|verify-ca|verify-full")) {
      throw new IllegalArgumentException("sslMode " + sslMode);
    }
    if (connectionsMax < 1 || connectionsMax > 100) {
      throw new IllegalArgumentException("connectionsMax " + connectionsMax + ": 1 to 100");
    }
  }

  /** A PostgreSQL server with the defaults; null takes the default name of the shared database. */
  public static StoreAddress postgresql(
      String store,
      String host,
      int port,
      String user,
      String secret,
      @Nullable String sharedDatabase) {
    return new StoreAddress(
        store,
        POSTGRESQL,
        host,
        port,
        user,
        secret,
        sharedDatabase == null ? SHARED_DATABASE : sharedDatabase,
        SSL_MODE,
        CONNECTIONS_MAX);
  }
}
