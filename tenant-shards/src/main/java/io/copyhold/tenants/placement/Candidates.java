package io.copyhold.tenants.placement;

import java.util.List;

/** Port to the list of places where a tenant could go; may be a little behind. Blocks. */
public interface Candidates {
  /** The most candidates asked one after the other for one tenant. */
  int MAX = 32;

  /**
   * A store or pool that fits.
   *
   * @param id of the store or pool
   * @param used places taken or reserved
   * @param max all places
   */
  record Candidate(String id, long used, long max) {
    /** 0 is empty, 1 is full. */
    public double load() {
      return max == 0 ? 1 : (double) used / max;
    }
  }

  /** Ready stores of that region and tier that are not draining and have room. */
  List<Candidate> stores(String region, String tier);

  /** Open pools of that region and tier that follow the changelog and have room. */
  List<Candidate> pools(String region, String tier, String changelog);
}
