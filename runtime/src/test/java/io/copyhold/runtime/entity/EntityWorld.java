package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.journal.Codec;
import io.copyhold.runtime.journal.Mappers;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Entities without actors: commands are decided and events folded at once, in memory. Every command
 * goes through the codec and back first, as it would between nodes.
 */
public final class EntityWorld {
  private final EntityTypes types;
  private final Map<EntityRef, Object> states = new HashMap<>();
  private final Map<EntityRef, Long> versions = new HashMap<>();
  private Instant now = Instant.parse("2026-01-02T03:04:05Z");

  public EntityWorld(EntityType<?, ?, ?>... types) {
    this.types = new EntityTypes(List.of(types));
  }

  public Instant now() {
    return now;
  }

  public void advance(java.time.Duration time) {
    now = now.plus(time);
  }

  @SuppressWarnings("unchecked")
  public <S> S state(EntityRef ref) {
    return (S) states.getOrDefault(ref, types.get(ref.type()).initial());
  }

  public List<EntityRef> all() {
    return List.copyOf(states.keySet());
  }

  public com.fasterxml.jackson.databind.JsonNode summary(EntityRef ref) {
    return summary(types.get(ref.type()), ref);
  }

  /** What the entity's state wants running. */
  public List<OperationRequest> operations(EntityRef ref) {
    return operations(types.get(ref.type()), ref);
  }

  /** Tells the entity how an operation it wants ended. */
  public Reply settle(EntityRef ref, String operation, Outcome outcome) {
    return ask(ref, settling(types.get(ref.type()), ref, operation, outcome));
  }

  public Reply ask(EntityRef ref, Object command) {
    return ask(types.get(ref.type()), ref, roundTrip(ref.type(), command));
  }

  /** The same, where anything but success is a mistake of the test. */
  public EntityWorld with(EntityRef ref, Object... commands) {
    for (Object command : commands) {
      Reply reply = ask(ref, command);
      if (!(reply instanceof Reply.Applied)) {
        throw new AssertionError(ref + ": " + reply);
      }
    }
    return this;
  }

  @SuppressWarnings("unchecked")
  private <S, C, E> Reply ask(EntityType<S, C, E> type, EntityRef ref, Object command) {
    S state = state(ref);
    return switch (type.decide(state, (C) command, now)) {
      case Decision.Accept<E>(var events) -> {
        List<String> names = new ArrayList<>();
        for (E event : events) {
          state = type.evolve(state, event);
          versions.merge(ref, 1L, Long::sum);
          names.add(type.stored().of(event.getClass()).name());
        }
        states.put(ref, state);
        yield new Reply.Applied(
            ref, versions.getOrDefault(ref, 0L), type.summary(state), names, false);
      }
      case Decision.Refuse<E>(Problem problem) -> new Reply.Refused(problem);
      case Decision.Later<E>(var after, Problem problem) -> new Reply.NotNow(after, true, problem);
    };
  }

  private <S> com.fasterxml.jackson.databind.JsonNode summary(
      EntityType<S, ?, ?> type, EntityRef ref) {
    return type.summary(this.<S>state(ref));
  }

  private <S> List<OperationRequest> operations(EntityType<S, ?, ?> type, EntityRef ref) {
    return type.operations(this.<S>state(ref));
  }

  private <S> Object settling(
      EntityType<S, ?, ?> type, EntityRef ref, String operation, Outcome outcome) {
    return type.settle(this.<S>state(ref), operation, outcome).orElseThrow();
  }

  private Object roundTrip(String entity, Object command) {
    Codec codec = types.codec();
    try {
      return codec.decode(
          codec.manifest(entity, command), Mappers.JSON.valueToTree(command), false);
    } catch (IOException e) {
      throw new AssertionError("the command does not come back: " + command, e);
    }
  }
}
