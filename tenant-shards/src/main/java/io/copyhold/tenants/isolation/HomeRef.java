package io.copyhold.tenants.isolation;

import java.nio.charset.StandardCharsets;

/**
 * Names the place in a store where tables are.
 *
 * @param store the store's id
 * @param name the database, the schema or the pool's id: 1 to 63 bytes, taken literally
 */
public record HomeRef(String store, Isolation isolation, String name) {
  public HomeRef {
    if (store.isEmpty()) {
      throw new IllegalArgumentException("a home needs a store");
    }
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < 1 || bytes > 63 || name.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "a home's name has 1 to 63 bytes without NUL, not " + bytes);
    }
  }

  /** {@code eu-1/schema/acme}. */
  @Override
  public String toString() {
    return store + '/' + isolation.name().toLowerCase(java.util.Locale.ROOT) + '/' + name;
  }
}
