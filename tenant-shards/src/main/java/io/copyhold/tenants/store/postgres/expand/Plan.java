package io.copyhold.tenants.store.postgres.expand;

import io.copyhold.tenants.store.postgres.ddl.Change;
import io.copyhold.tenants.store.postgres.ddl.DdlStatement;
import io.copyhold.tenants.store.postgres.ddl.IndexDrop;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

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
    out.append(phase)
        .append(" of ")
        .append(name)
        .append(", ")
        .append(steps.size())
        .append(" steps\n");
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      out.append(i + 1).append(". ").append(step.object()).append(cost(step)).append('\n');
      step.text().lines().forEach(line -> out.append("     ").append(line).append('\n'));
    }
    return out.toString();
  }

  private static String cost(Step step) {
    return switch (step) {
      case Step.Structure(_, DdlStatement statement) ->
          " ["
              + statement.locks().stream()
                  .map(Object::toString)
                  .collect(Collectors.joining(", ", "", statement.locks().isEmpty() ? "" : "; "))
              + statement.weight().name().toLowerCase(Locale.ROOT)
              + "]";
      case Step.Structure(_, IndexDrop _) -> " [SHARE_UPDATE_EXCLUSIVE; catalog]";
      case Step.Structure(_, Change _) -> " [SHARE_UPDATE_EXCLUSIVE; scan, twice]";
      case Step.Fill _ -> " [row locks; each row once]";
      case Step.ShowVersion _, Step.Turn _ -> " [no lock on a table; catalog]";
    };
  }
}
