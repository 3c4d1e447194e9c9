package io.copyhold.chaos.checker;

import io.copyhold.chaos.checker.Verdict.Finding;
import java.util.Set;

/**
 * Wanted, so a row exists: whoever wants an operation to run or an alarm to ring has a row in the
 * agenda, or it would be forgotten with its node. Looks several times, also while things go wrong.
 */
public final class Rows {
  private final Finding finding = new Finding("agenda", "wishes");

  /**
   * One more look.
   *
   * @param before the journal before the agenda was read
   * @param agenda {@code tenant/acme operations}, one for each row
   * @param after the journal after it: only who is at the same version in both must have its rows
   */
  public void saw(Roll before, Set<String> agenda, Roll after) {
    for (Roll.Line line : after.lines()) {
      Roll.Line earlier = before.line(line.entity());
      if (earlier == null || earlier.version() != line.version()) {
        continue;
      }
      for (String name : Roll.rows(line)) {
        finding.looked();
        String row = line.entity() + " " + name;
        if (!agenda.contains(row)) {
          finding.lost(
              "the agenda has no row " + row + ", which version " + line.version() + " wants");
        }
      }
    }
  }

  public Verdict verdict() {
    return finding.verdict();
  }
}
