package io.copyhold.runtime.entity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.journal.Codec;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Given past events, when a command, then events or a refusal: no actor system. Every command,
 * event and state on the way also goes through the codec and back, every state and summary is
 * measured, and every refusal has to say what to do.
 */
public final class EntityScenario<S, C, E> {
  private static final int STATE_BYTES_MAX = 64 * 1024;
  private static final int SUMMARY_BYTES_MAX = 4 * 1024;

  private final EntityType<S, C, E> type;
  private final Codec codec;
  private S state;
  private Instant now = Instant.parse("2026-01-02T03:04:05Z");

  private EntityScenario(EntityType<S, C, E> type) {
    this.type = type;
    this.codec = new Codec(Map.of(type.name(), type.stored()));
    this.state = type.initial();
  }

  public static <S, C, E> EntityScenario<S, C, E> of(EntityType<S, C, E> type) {
    return new EntityScenario<>(type);
  }

  @SafeVarargs
  public final EntityScenario<S, C, E> given(E... events) {
    Arrays.stream(events).forEach(this::fold);
    return this;
  }

  /** Commands that must be accepted, for a story too long to tell in events. */
  @SafeVarargs
  public final EntityScenario<S, C, E> after(C... commands) {
    for (C command : commands) {
      when(command).accepted();
    }
    return this;
  }

  public EntityScenario<S, C, E> at(Instant time) {
    now = time;
    return this;
  }

  public Instant now() {
    return now;
  }

  public S state() {
    return state;
  }

  public JsonNode summary() {
    return type.summary(state);
  }

  public List<String> operations() {
    return type.operations(state).stream().map(OperationRequest::id).toList();
  }

  public OperationRequest operation(String id) {
    return type.operations(state).stream()
        .filter(request -> request.id().equals(id))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no " + id + " but " + operations()));
  }

  public List<Alarm> alarms() {
    return type.alarms(state);
  }

  public Then when(C command) {
    return new Then(type.decide(state, roundTrip(command), now));
  }

  /** What comes of an operation's end. */
  public Then settled(String operation, Outcome outcome) {
    return when(type.settle(state, operation, outcome).orElseThrow());
  }

  /** What comes of a due alarm. */
  public Then due(String alarm) {
    return when(type.alarm(state, alarm, 0).orElseThrow());
  }

  /** The answer to a command. */
  public final class Then {
    private final Decision<E> decision;

    private Then(Decision<E> decision) {
      this.decision = decision;
    }

    /** Exactly these events; they are folded, so that the story can go on. */
    @SafeVarargs
    public final EntityScenario<S, C, E> then(E... events) {
      assertThat(accepted()).containsExactly(events);
      return EntityScenario.this;
    }

    public EntityScenario<S, C, E> thenNothing() {
      assertThat(accepted()).isEmpty();
      return EntityScenario.this;
    }

    /** Whatever events; they are folded. */
    public List<E> accepted() {
      if (!(decision instanceof Decision.Accept<E>(var events))) {
        throw new AssertionError("not accepted: " + decision);
      }
      events.forEach(EntityScenario.this::fold);
      return events;
    }

    public Problem thenRefused(String code) {
      if (!(decision instanceof Decision.Refuse<E>(var problem))) {
        throw new AssertionError("not refused: " + decision);
      }
      return check(problem, code);
    }

    public Problem thenLater(String code) {
      if (!(decision instanceof Decision.Later<E>(var after, var problem))) {
        throw new AssertionError("not put off: " + decision);
      }
      assertThat(after).isPositive();
      return check(problem, code);
    }

    private Problem check(Problem problem, String code) {
      assertThat(problem.code()).as(problem.toString()).isEqualTo(code);
      assertThat(problem.what()).isNotBlank();
      assertThat(problem.todo()).as("what to do about " + problem).isNotBlank();
      return problem;
    }
  }

  private void fold(E event) {
    state = type.evolve(state, roundTripEvent(event));
    byte[] bytes = bytes(state);
    assertThat(bytes.length).as("bytes of the state").isLessThanOrEqualTo(STATE_BYTES_MAX);
    try {
      assertThat(Mappers.CBOR.readValue(bytes, type.stored().state())).isEqualTo(state);
    } catch (IOException e) {
      throw new AssertionError("the state does not come back: " + state, e);
    }
    JsonNode summary = type.summary(state);
    assertThat(summary.toString().length()).isLessThanOrEqualTo(SUMMARY_BYTES_MAX);
    assertThat(summary.path("state").asText()).isNotBlank();
    summary.forEach(value ->
        assertThat(value.isValueNode() || value.isArray()).as("flat: " + summary).isTrue());
    type.operations(state).forEach(this::roundTripInput);
  }

  private byte[] bytes(S value) {
    try {
      return Mappers.CBOR.writerFor(type.stored().state()).writeValueAsBytes(value);
    } catch (IOException e) {
      throw new AssertionError("the state cannot be stored: " + value, e);
    }
  }

  private void roundTripInput(OperationRequest request) {
    JsonNode tree = Mappers.tree(request.input(), request.input().getClass());
    assertThat(Mappers.JSON.convertValue(tree, request.input().getClass()))
        .isEqualTo(request.input());
  }

  @SuppressWarnings("unchecked")
  private C roundTrip(C command) {
    StoredTypes.Entry entry = type.stored().of(command.getClass());
    try {
      Object back =
          codec.decode(
              codec.manifest(type.name(), command),
              Mappers.CBOR.readTree(Codec.bytes(command)),
              entry.event());
      assertThat(back).isEqualTo(command);
      return (C) back;
    } catch (IOException e) {
      throw new AssertionError("the command does not come back: " + command, e);
    }
  }

  @SuppressWarnings("unchecked")
  private E roundTripEvent(E event) {
    @Nullable JsonNode none = null;
    Journaled journaled = new Journaled(event, Origin.of("test"), now, null, none);
    Journaled back = codec.decodeEvent(codec.manifest(type.name(), event), codec.encode(journaled));
    assertThat(back.event()).isEqualTo(event);
    return (E) back.event();
  }
}
