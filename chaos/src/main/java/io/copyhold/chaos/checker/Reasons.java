package io.copyhold.chaos.checker;

import io.copyhold.chaos.checker.Verdict.Finding;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.operation.Explanation;
import io.copyhold.runtime.operation.Operation;

/**
 * After healing: an operation that is wanted runs or says what it waits for, and one that nobody
 * wants has ended.
 */
public final class Reasons {
  private static final String NAME = "wait reasons";

  private Reasons() {}

  public static Verdict check(Roll roll) {
    Finding finding = new Finding(NAME, "operations");
    for (Roll.Line line : roll.lines()) {
      if (line.entity().type().equals(EntityRef.OPERATION)) {
        finding.looked();
        Operation operation = (Operation) line.state();
        if (!(operation instanceof Operation.Ended) && Explanation.of(operation).isEmpty()) {
          finding.wrong(line.entity() + " has not ended, and does not say what it waits for");
        }
      } else {
        for (String wanted : Roll.operations(line)) {
          finding.looked();
          Roll.Line operation = roll.line(line.entity().operation(wanted));
          if (operation == null) {
            finding.lost(line.entity() + " wants " + wanted + ", which was never begun");
          } else if (operation.state() instanceof Operation.Ended) {
            finding.lost(line.entity() + " never heard of the end of " + wanted);
          }
        }
      }
    }
    return finding.verdict();
  }
}
