package io.copyhold.tenants.store;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A tenant's rows in short: equal digests mean equal tables, whatever the order of the rows and the
 * isolation of the home.
 *
 * @param tables by name without the schema
 */
public record TenantDigest(Map<String, Rows> tables) {
  public TenantDigest {
    tables = Collections.unmodifiableMap(new TreeMap<>(tables));
  }

  public long rows() {
    return tables.values().stream().mapToLong(Rows::count).sum();
  }

  /**
   * One table.
   *
   * @param count rows of the tenant
   * @param checksum sum of the rows' hashes: order does not matter
   */
  public record Rows(long count, String checksum) {}
}
