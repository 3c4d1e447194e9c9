package io.copyhold.chaos.workload;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.chaos.workload.Call.Outcome;

/**
 * What one attempt at a request came to.
 *
 * @param status the HTTP status; 0 when there was no answer
 * @param body as JSON; a null node when there was no answer or it was none
 */
record Said(int status, JsonNode body, boolean reached) {

  /**
   * An error is unknown unless it is clear that nothing was done: the connection was refused, the
   * request was refused, or the server says that the outcome is known.
   */
  Outcome outcome() {
    if (status / 100 == 2) {
      return Outcome.OK;
    }
    boolean nothingDone =
        status == 0
            ? !reached
            : status == 429
                || status / 100 == 4 && status != 408
                || status == 503 && body.path("outcomeKnown").asBoolean(false);
    return nothingDone ? Outcome.FAIL : Outcome.UNKNOWN;
  }

  /** Whether another attempt may be answered otherwise, though nothing else changes. */
  boolean worthAnother() {
    return status == 0 || status == 408 || status == 429 || status == 503 || status == 500;
  }

  /** The word for the problem: {@code tenant-exists}. */
  String problem() {
    String type = body.path("type").asText();
    return type.substring(type.lastIndexOf(':') + 1);
  }
}
