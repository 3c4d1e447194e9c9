package io.copyhold.tenants.placement;

import io.copyhold.runtime.entity.Digest;
import io.copyhold.tenants.placement.Candidates.Candidate;
import java.util.Comparator;
import java.util.List;

/**
 * The choice among candidates: the least loaded first. Loads that differ by less than a twentieth
 * count as equal, and equals are ordered by a hash of who asks: so that many who ask at once, and
 * see the same loads, spread.
 */
public final class Placement {
  private static final int LOAD_CLASSES = 20;

  private Placement() {}

  /** The ids that {@code holder} asks, in order, at most {@value Candidates#MAX}. */
  public static List<String> order(String holder, List<Candidate> candidates) {
    return candidates.stream()
        .filter(candidate -> candidate.used() < candidate.max())
        .sorted(
            Comparator.<Candidate>comparingInt(candidate -> (int) (candidate.load() * LOAD_CLASSES))
                .thenComparing(candidate -> Digest.of(holder, candidate.id())))
        .limit(Candidates.MAX)
        .map(Candidate::id)
        .toList();
  }
}
