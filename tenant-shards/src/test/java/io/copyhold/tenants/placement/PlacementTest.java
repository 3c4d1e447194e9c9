package io.copyhold.tenants.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.tenants.placement.Candidates.Candidate;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PlacementTest {
  @Test
  void theLeastLoadedComesFirstAndFullOnesNotAtAll() {
    assertThat(
            Placement.order(
                "tenant/acme",
                List.of(
                    new Candidate("full", 10, 10),
                    new Candidate("busy", 8, 10),
                    new Candidate("idle", 1, 10))))
        .containsExactly("idle", "busy");
  }

  @Test
  void manyWhoSeeTheSameLoadsSpread() {
    List<Candidate> equal = List.of(new Candidate("eu-1", 0, 100), new Candidate("eu-2", 1, 100));
    Map<String, Integer> chosen = new HashMap<>();
    for (int i = 0; i < 200; i++) {
      chosen.merge(Placement.order("tenant/t-" + i, equal).getFirst(), 1, Integer::sum);
    }
    assertThat(chosen.get("eu-1")).isBetween(70, 130);
  }

  @Test
  void nobodyAsksForEver() {
    List<Candidate> many =
        IntStream.range(0, 100).mapToObj(i -> new Candidate("s-" + i, 0, 1)).toList();
    assertThat(Placement.order("tenant/acme", many)).hasSize(Candidates.MAX);
    assertThat(Placement.order("tenant/acme", List.of())).isEmpty();
  }
}
