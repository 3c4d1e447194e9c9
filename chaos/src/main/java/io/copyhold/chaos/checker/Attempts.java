package io.copyhold.chaos.checker;

import io.copyhold.chaos.checker.Roll.Line;
import io.copyhold.chaos.checker.Roll.Step;
import io.copyhold.chaos.checker.Verdict.Finding;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.operation.Operation.Event;
import java.util.HashSet;
import java.util.Set;

/**
 * What the journal says of operations: attempts are numbered without a gap, their terms never fall,
 * each attempt completes at most once, and each step is done at most once unless it was undone.
 */
public final class Attempts {
  private static final String NAME = "attempts";

  private Attempts() {}

  public static Verdict check(Roll roll) {
    Finding finding = new Finding(NAME, "operations");
    for (Line line : roll.lines()) {
      if (line.entity().type().equals(EntityRef.OPERATION)) {
        finding.looked();
        check(line, finding);
      }
    }
    return finding.verdict();
  }

  private static void check(Line line, Finding finding) {
    long attempt = 0;
    long term = 0;
    String step = "";
    boolean completed = true;
    Set<String> done = new HashSet<>();
    for (Step entry : line.steps()) {
      String at = line.entity() + " at " + entry.version();
      switch (entry.stored().event()) {
        case Event.AttemptStarted started -> {
          if (started.attempt() != attempt + 1) {
            finding.wrong(at + " begins attempt " + started.attempt() + " after " + attempt);
          }
          if (started.term() < term) {
            finding.wrong(at + " begins in term " + started.term() + " after " + term);
          }
          attempt = started.attempt();
          term = started.term();
          step = started.step();
          completed = false;
        }
        case Event.StepDone _, Event.StepUndone _, Event.StepFailed _, Event.StepRepeats _ -> {
          if (completed && !(entry.stored().event() instanceof Event.StepFailed)) {
            finding.doubled(at + " completes attempt " + attempt + " once more");
          }
          completed = true;
          switch (entry.stored().event()) {
            case Event.StepDone _ -> {
              if (!done.add(step)) {
                finding.doubled(at + " does step " + step + " once more");
              }
            }
            case Event.StepUndone _ -> done.remove(step);
            default -> {}
          }
        }
        default -> {}
      }
    }
  }
}
