package io.copyhold.chaos.workload;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a client asked for, from the moment it asked to the moment it knew.
 *
 * @param id counts from 1 in the order of asking
 * @param client does one thing at a time; one that got no clear answer is never used again
 * @param workload which of them: {@code register}
 * @param entity {@code tenant/acme}
 * @param register what of the entity it is about: the name of a setting; empty for all of it
 * @param op {@code write}, {@code read}, {@code cas}, {@code onboard}…
 * @param key the idempotency key of a change, null for a read
 * @param argument what was asked
 * @param invoked nanoseconds since the history began
 * @param ended likewise; {@link Long#MAX_VALUE} when nobody knows whether it still may happen
 * @param answer what was said; a null node where nothing was
 */
public record Call(
    long id,
    String client,
    String workload,
    String entity,
    String register,
    String op,
    @Nullable String key,
    JsonNode argument,
    long invoked,
    long ended,
    Outcome outcome,
    JsonNode answer) {

  /** What is known of it. */
  public enum Outcome {
    /** It happened, and the answer says what came of it. */
    OK,
    /** It did not happen and never will. */
    FAIL,
    /** It may have happened, or may still. */
    UNKNOWN
  }

  public boolean ok() {
    return outcome == Outcome.OK;
  }

  /** The version that the answer names; 0 where it names none. */
  public long version() {
    return answer.path("version").asLong();
  }

  public boolean read() {
    return key == null;
  }

  /** What a read found in its register; empty where nothing is set. */
  public String value() {
    return answer.path("state").path("profile").path("settings").path(register).asText();
  }

  @Override
  public String toString() {
    return "call "
        + id
        + " ("
        + op
        + " of "
        + entity
        + (register.isEmpty() ? "" : " " + register)
        + " by "
        + client
        + ")";
  }
}
