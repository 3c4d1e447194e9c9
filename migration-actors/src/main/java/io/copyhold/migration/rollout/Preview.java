package io.copyhold.migration.rollout;

import io.copyhold.tenants.changelog.SchemaVersion;
import io.copyhold.tenants.placement.Homes;
import java.util.ArrayList;
import java.util.List;

/**
 * What a rollout would do if it began now; changes nothing.
 *
 * @param total homes of the selection
 * @param there homes that have the version already: nothing is begun for them
 */
public record Preview(long total, long there, List<Part> waves) {
  /** Homes of a wave that are named; the rest is counted. */
  public static final int NAMED_MAX = 50;

  public Preview {
    waves = List.copyOf(waves);
  }

  /**
   * One wave.
   *
   * @param there homes of it that have the version already
   * @param named its first homes that do not have it, at most {@value #NAMED_MAX}
   */
  public record Part(String wave, long homes, long there, List<String> named) {
    public Part {
      named = List.copyOf(named);
    }
  }

  /** Reads the directory twice; blocks. */
  public static Preview of(Homes homes, Rollout.Plan plan) {
    Waves.Census census = new Waves.Census();
    Waves.each(homes, plan, census::add);
    Waves waves = census.waves(plan);
    int parts = plan.waves().size() + 1;
    long[] all = new long[parts];
    long[] there = new long[parts];
    List<List<String>> named = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      named.add(new ArrayList<>());
    }
    Waves.each(
        homes,
        plan,
        home -> {
          int wave = waves.of(home);
          all[wave]++;
          if (!SchemaVersion.before(home.version(), plan.target().version())) {
            there[wave]++;
          } else if (named.get(wave).size() < NAMED_MAX) {
            named.get(wave).add(home.owner().toString());
          }
        });
    List<Part> result = new ArrayList<>();
    long total = 0;
    long ready = 0;
    for (int i = 0; i < parts; i++) {
      result.add(new Part(Waves.name(plan, i), all[i], there[i], named.get(i)));
      total += all[i];
      ready += there[i];
    }
    return new Preview(total, ready, result);
  }
}
