package io.copyhold.tenants.store;

import io.copyhold.runtime.Problem;
import java.util.List;

/**
 * What a check found.
 *
 * @param engine name and version as the server says: {@code PostgreSQL 18.6}
 * @param serverId tells two servers apart, and a restored one from the one before, where the server
 *     tells
 * @param connectionsMax what the server allows everybody together
 * @param superuser true when the control role is one; it need not be
 * @param missing what must be mended before the store can be used; empty is good
 * @param degraded what works, but not as well as it could
 */
public record StoreReport(
    String engine,
    String serverId,
    int connectionsMax,
    boolean superuser,
    List<Problem> missing,
    List<Problem> degraded) {
  public StoreReport {
    missing = List.copyOf(missing);
    degraded = List.copyOf(degraded);
  }

  public boolean usable() {
    return missing.isEmpty();
  }
}
