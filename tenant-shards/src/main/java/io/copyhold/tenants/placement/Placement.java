package io.copyhold.tenants.placement;

import io.copyhold.tenants.placement.Candidates.Candidate;
import java.util.Comparator;
import java.util.List;

/** The choice among candidates: the least loaded first, so that stores fill evenly; among equals, by id. */
public final class Placement {
  private static final Comparator<Candidate> LEAST_LOADED =
      Comparator.comparingDouble(Candidate::load).thenComparing(Candidate::id);

  private Placement() {}

  /** The ids to ask, in order, at most {@value Candidates#MAX}. */
  public static List<String> order(List<Candidate> candidates) {
    return candidates.stream()
        .filter(candidate -> candidate.used() < candidate.max())
        .sorted(LEAST_LOADED)
        .limit(Candidates.MAX)
        .map(Candidate::id)
        .toList();
  }
}
