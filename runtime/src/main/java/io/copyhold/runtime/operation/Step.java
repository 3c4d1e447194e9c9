package io.copyhold.runtime.operation;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Reply;
import java.time.Duration;
import java.util.List;

/**
 * One step of an operation. {@link #run} and {@link #undo} may block; they are called again after a
 * crash with the same key and a higher fencing token, so both must be safe to repeat. What they
 * throw is "not now", except a {@link io.copyhold.runtime.ProblemException} of a kind that asking
 * again cannot mend.
 */
public interface Step {
  /** Journaled: never rename or reuse. */
  String name();

  StepResult run(StepContext step) throws Exception;

  /** Takes back what {@link #run} did, or may have done. */
  default StepResult undo(StepContext step) throws Exception {
    return StepResult.done();
  }

  /**
   * What the answers to {@link StepResult.Calls} mean. Pure: called in the actor's thread, perhaps
   * more than once. Answers are applied or refused, in the order of the calls.
   */
  default StepResult answered(StepContext step, List<Reply> replies) {
    for (Reply reply : replies) {
      if (reply instanceof Reply.Refused(Problem problem)) {
        return StepResult.over(problem);
      }
    }
    return replies.size() == 1 && replies.getFirst() instanceof Reply.Applied applied
        ? StepResult.done(applied.view())
        : StepResult.done();
  }

  /** How an effect of unknown outcome is taken up again after a crash. */
  default Repeat repeat() {
    return Repeat.SAFE;
  }

  /**
   * For {@link Repeat#VERIFIABLE}: done, if the effect with this key has happened; not now, if it
   * has not.
   */
  default StepResult verify(StepContext step) throws Exception {
    return StepResult.notNow(Duration.ZERO, Problem.unavailable("not-verified", "not done"));
  }

  default RetryPolicy retry() {
    return RetryPolicy.DEFAULT;
  }

  /** What an attempt may rely on. */
  enum Repeat {
    /**
     * Running it again does no harm: the far side deduplicates by key or token, or it is
     * idempotent.
     */
    SAFE,
    /** It can be asked whether it happened. */
    VERIFIABLE,
    /** Neither: after a crash an operator chooses to run it again or to take it as done. */
    NEITHER
  }
}
