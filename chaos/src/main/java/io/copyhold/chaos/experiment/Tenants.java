package io.copyhold.chaos.experiment;

import java.util.Collection;
import java.util.List;

/** Port to the directory: which tenants live where. Blocks. */
interface Tenants {
  /**
   * @param total how many there are
   * @param ids of the first of them, by id
   */
  record Found(long total, List<String> ids) {
    public Found {
      ids = List.copyOf(ids);
    }
  }

  /**
   * Tenants whose home is in one of the stores.
   *
   * @param among only these; empty for all
   */
  Found in(Collection<String> stores, Collection<String> among) throws InterruptedException;

  /** Whether all there is can be seen. */
  boolean current();
}
