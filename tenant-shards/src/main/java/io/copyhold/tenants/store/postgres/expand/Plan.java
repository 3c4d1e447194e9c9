package io.copyhold.tenants.store.postgres.expand;

import java.util.List;
import java.util.Locale;

/**
 * The steps of one phase of a change, in order.
 *
 * @param number of the change in its home
 * @param name of the document
 */
public record Plan(int number, String name, Phase phase, List<Step> steps) {
  public Plan {
    steps = List.copyOf(steps);
  }

  /** For people: one line for each step, then its statements. */
  public String print() {
    StringBuilder out = new StringBuilder();
    out.append(phase).append(" of ").append(name).append(", ").append(steps.size()).append(" steps\n");
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      out.append(i + 1).append(". ").append(step.object()).append(cost(step)).append('\n');
      step.text().lines().forEach(line -> out.append("     ").append(line).append('\n'));
    }
    return out.toString();
  }

  private static String cost(Step step) {
    return switch (step) {
      case Step.Statements(_, var table, var lock, var effect, _) ->
          " [" + lock + (table == null ? "" : " on " + table) + ", "
              + effect.name().toLowerCase(Locale.ROOT) + "]";
      case Step.BuildIndex _ -> " [share update exclusive, scans]";
      case Step.DropIndex _ -> " [share update exclusive, catalog]";
      case Step.FillRows _ -> " [row locks, fills]";
      case Step.ShowVersion _, Step.Isolate _, Step.Turn _ -> " [nothing that clients use, catalog]";
    };
  }
}
