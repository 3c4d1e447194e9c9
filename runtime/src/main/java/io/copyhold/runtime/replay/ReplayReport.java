package io.copyhold.runtime.replay;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What driving the past again came to.
 *
 * @param done the stop point, or the end, was reached; otherwise resume it
 * @param version the entity's own version that was reached
 * @param at when the last event driven had happened; null where there was none
 * @param events driven, those of operations included
 * @param operations whose events were driven
 * @param redecided events that were decided anew, from the recorded answer of their effect, and
 *     compared
 * @param view the shadow, as a read would show it
 * @param findings at most {@link Shadow#FINDINGS_MAX}
 */
public record ReplayReport(
    boolean done,
    long version,
    @Nullable Instant at,
    long events,
    int operations,
    long redecided,
    JsonNode view,
    List<Finding> findings) {
  public ReplayReport {
    findings = List.copyOf(findings);
  }
}
