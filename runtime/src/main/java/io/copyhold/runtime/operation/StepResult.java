package io.copyhold.runtime.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.journal.Mappers;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What came of a step's attempt. */
public sealed interface StepResult {
  /**
   * @param data what later steps need, at most 16 KiB, never secrets; or null
   */
  record Done(@Nullable JsonNode data) implements StepResult {}

  /**
   * Try again by the step's policy.
   *
   * @param after at least this long; zero leaves it to the policy
   */
  record NotNow(Duration after, Problem problem) implements StepResult {}

  /** It will never work: undo what was done. */
  record Over(Problem problem) implements StepResult {}

  /**
   * Not a failure: run again after a while, from this checkpoint, as the next iteration (with
   * another key).
   *
   * @param checkpoint at most 16 KiB
   */
  record Again(JsonNode checkpoint, Duration after, long done, long total) implements StepResult {}

  /** Wait until a person (or a program) approves {@code signal}. */
  record Gate(String signal, String prompt) implements StepResult {}

  /**
   * Ask other entities, all at once and repeatedly until each has answered; then {@link
   * Step#answered}.
   */
  record Calls(List<Call> calls) implements StepResult {
    public Calls {
      calls = List.copyOf(calls);
      if (calls.isEmpty() || calls.size() > 256) {
        throw new IllegalArgumentException("1 to 256 calls, not " + calls.size());
      }
    }
  }

  /** Run another operation as a child; its outcome is this step's: its data, or over. */
  record Run(String type, Object input) implements StepResult {}

  /** One command to one entity, made under a key derived from the step's. */
  record Call(EntityRef entity, Object command) {}

  static StepResult done() {
    return new Done(null);
  }

  static StepResult done(Object data) {
    return new Done(data instanceof JsonNode node ? node : Mappers.JSON.valueToTree(data));
  }

  static StepResult notNow(Duration after, Problem problem) {
    return new NotNow(after, problem);
  }

  static StepResult over(Problem problem) {
    return new Over(problem);
  }

  static StepResult again(Object checkpoint, Duration after, long done, long total) {
    return new Again(Mappers.JSON.valueToTree(checkpoint), after, done, total);
  }

  static StepResult gate(String signal, String prompt) {
    return new Gate(signal, prompt);
  }

  static StepResult call(EntityRef entity, Object command) {
    return new Calls(List.of(new Call(entity, command)));
  }

  static StepResult calls(List<Call> calls) {
    return new Calls(calls);
  }

  static StepResult run(String type, Object input) {
    return new Run(type, input);
  }
}
