package io.copyhold.chaos.checker;

import io.copyhold.chaos.checker.Verdict.Finding;

/**
 * Some time after the last fault nothing runs any more: what was begun has ended, well or badly, by
 * itself.
 */
public final class Settled {
  private Settled() {}

  public static Verdict check(Roll roll) {
    Finding finding = new Finding("settled", "entities");
    roll.lines().forEach(_ -> finding.looked());
    for (String busy : roll.busy()) {
      if (!busy.startsWith("store/")) { // stores are checked again and again
        finding.wrong(busy + " still runs");
      }
    }
    return finding.verdict();
  }
}
