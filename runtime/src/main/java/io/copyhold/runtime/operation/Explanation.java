package io.copyhold.runtime.operation;

import io.copyhold.runtime.operation.Operation.Running;
import io.copyhold.runtime.operation.Operation.StepState;
import io.copyhold.runtime.operation.Operation.Wait;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why an operation is not further than it is. A live one always has at least one reason.
 *
 * @param kind {@code attempt}, {@code timer}, {@code signal}, {@code calls}, {@code child}, {@code
 *     person}, {@code paused}, {@code runner}, {@code permit}, {@code definition}, {@code stalled}
 * @param text a sentence for people
 * @param since when the wait began, where known
 * @param until when it ends by itself, or null
 */
public record Explanation(
    String kind, String text, @Nullable Instant since, @Nullable Instant until) {

  /** Empty when it has ended. */
  public static List<Explanation> of(Operation operation) {
    if (!(operation instanceof Running running)) {
      return operation instanceof Operation.NotStarted
          ? List.of(new Explanation("runner", "its owner has not started it", null, null))
          : List.of();
    }
    List<Explanation> reasons = new ArrayList<>();
    if (running.paused()) {
      reasons.add(
          new Explanation("paused", "an operator paused it; resume lets it go on", null, null));
    }
    if (running.stalled() != null) {
      reasons.add(
          new Explanation(
              "stalled", "what it waits for cannot come: " + running.stalled(), null, null));
    }
    if (running.current() < 0 || running.current() >= running.steps().size()) {
      // A version of the past, between the last step's event and the end that came with it.
      reasons.add(new Explanation("runner", "all is done but to say so", null, null));
      return reasons;
    }
    StepState step = running.step();
    String what = (running.undoing() ? "undoing step " : "step ") + step.name();
    reasons.add(
        switch (running.waiting()) {
          case Wait.Ready _ -> new Explanation("runner", what + " is about to begin", null, null);
          case Wait.Attempt(var attempt, var term, var node, var since) ->
              new Explanation(
                  "attempt",
                  what + ": attempt " + attempt + " (term " + term + ") runs on node " + node,
                  since,
                  null);
          case Wait.Until(var due, var why)
              when why != null && why.code().equals(Operation.PERMIT) ->
              new Explanation(
                  "permit",
                  what + " waits for its turn, asked again at " + due + ": " + why,
                  null,
                  due);
          case Wait.Definition(var since) ->
              new Explanation(
                  "definition",
                  what
                      + ": the node it is on cannot run "
                      + running.plan().type()
                      + " "
                      + running.plan().version()
                      + "; start one that can",
                  since,
                  null);
          case Wait.Until(var due, var why) ->
              new Explanation(
                  "timer",
                  why == null
                      ? what + " goes on at " + due
                      : what
                          + " is tried again at "
                          + due
                          + " after failure "
                          + step.failures()
                          + ": "
                          + why,
                  null,
                  due);
          case Wait.Gate(var signal, var prompt, var since) ->
              new Explanation(
                  "signal", what + " waits for \"" + signal + "\": " + prompt, since, null);
          case Wait.Calling(_, var calls, var since) ->
              new Explanation(
                  "calls",
                  what
                      + " waits for answers of "
                      + String.join(
                          ", ",
                          calls.stream().map(Operation.StoredCall::entity).limit(10).toList()),
                  since,
                  null);
          case Wait.Child(_, var id, _, _, var since) ->
              new Explanation("child", what + " waits for its operation " + id, since, null);
          case Wait.Choice(var problem, var since) ->
              new Explanation(
                  "person",
                  what
                      + ": whether its effect happened is unknown ("
                      + problem.what()
                      + "); choose",
                  since,
                  null);
        });
    return reasons;
  }
}
