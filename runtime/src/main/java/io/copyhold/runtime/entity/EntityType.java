package io.copyhold.runtime.entity;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A kind of entity as a pure state machine. No actor, clock, randomness or I/O behind any of these:
 * {@code now} comes from the shell, ids and limits come with the command.
 *
 * @param <S> state, a sealed interface or record, at most 64 KiB when stored
 * @param <C> commands, safe to send twice
 * @param <E> events, read for ever
 */
public interface EntityType<S, C, E> {
  /** Journaled: never rename. */
  String name();

  S initial();

  Decision<E> decide(S state, C command, Instant now);

  /** Defined for what {@link #decide} emits; any other pair is a corrupt journal and throws. */
  S evolve(S state, E event);

  /** The table of stable names of events and commands. */
  StoredTypes stored();

  /** Whether there is anything: reading an absent entity is "not found". */
  boolean exists(S state);

  /**
   * What the directory shows, and every reply: a flat JSON object of ids, words and numbers, at
   * most 4 KiB and never personal data. {@code state} (a word) is expected; {@code name}, {@code
   * tags} (an array) are common.
   */
  JsonNode summary(S state);

  /** The whole state for people; hides what must not be shown. */
  default JsonNode view(S state) {
    return Mappers.tree(state, stored().state());
  }

  /** Which operations should be running. Level-triggered: whatever became of earlier attempts. */
  default List<OperationRequest> operations(S state) {
    return List.of();
  }

  /** The command that tells the state how an operation it wanted ended. */
  default Optional<C> settle(S state, String operation, Outcome outcome) {
    return Optional.empty();
  }

  /** Which wake-ups should exist. */
  default List<Alarm> alarms(S state) {
    return List.of();
  }

  /**
   * The command that a due alarm means.
   *
   * @param missed wake-ups that were due while nobody could take them
   */
  default Optional<C> alarm(S state, String name, int missed) {
    return Optional.empty();
  }
}
