package io.copyhold.tenants.placement;

import io.copyhold.runtime.view.Directory;
import io.copyhold.runtime.view.Query;
import io.copyhold.runtime.view.Row;
import java.util.List;
import java.util.Map;

/** Candidates as the directory lists them. */
public final class DirectoryCandidates implements Candidates {
  private final Directory directory;

  public DirectoryCandidates(Directory directory) {
    this.directory = directory;
  }

  @Override
  public List<Candidate> stores(String region, String tier) {
    return candidates(
        Query.of("store", Query.LIMIT_MAX)
            .where(
                Map.of(
                    "state", List.of("ready"), "region", List.of(region), "tier", List.of(tier))),
        "homesMax");
  }

  @Override
  public List<Candidate> pools(String region, String tier, String changelog) {
    return candidates(
        Query.of("pool", Query.LIMIT_MAX)
            .where(
                Map.of(
                    "state",
                    List.of("open"),
                    "region",
                    List.of(region),
                    "tier",
                    List.of(tier),
                    "changelog",
                    List.of(changelog))),
        "membersMax");
  }

  private List<Candidate> candidates(Query query, String max) {
    return Listed.rows(directory, query).stream()
        .map(row -> candidate(row, max))
        .filter(candidate -> candidate.used() < candidate.max())
        .toList();
  }

  private static Candidate candidate(Row row, String max) {
    return new Candidate(
        row.entity().id(),
        row.summary().path("used").asLong() + row.summary().path("reserved").asLong(),
        row.summary().path(max).asLong());
  }
}
