package io.copyhold.runtime.entity;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.Problem;
import java.util.Map;

/** How an operation ended. */
public sealed interface Outcome {
  /** All steps are done; {@code data} by step name. */
  record Done(Map<String, JsonNode> data) implements Outcome {
    public Done {
      data = Map.copyOf(data);
    }
  }

  /** It could not be done, and what it did is undone. */
  record Undone(Problem problem) implements Outcome {}

  /** It could not be done, and not all of it could be undone: a person must look. */
  record FailedInRollback(Problem problem, Problem rollback) implements Outcome {}

  /** Cancelled on request, and undone. */
  record Cancelled() implements Outcome {}
}
