package io.copyhold.runtime.replay;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Recordings.Recorded;
import io.copyhold.runtime.journal.Codec;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.journal.Journaled.Unreadable;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Operation;
import io.copyhold.runtime.operation.Operation.Running;
import io.copyhold.runtime.operation.Operation.StoredCall;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A copy of an entity and its operations that is driven by recorded events, one after the other. No
 * effect happens: what a step returned, what a call was answered and how an operation ended stands
 * in the record. Where the record holds what was asked, too, today's code decides it anew:
 *
 * <ul>
 *   <li>every event of an operation, from the answer of its step, call, child or signal;
 *   <li>an event of the entity that an operation's end or call led to.
 * </ul>
 *
 * What comes out otherwise than recorded is a finding; the shadow then follows the record.
 */
final class Shadow<S, C, E> {
  /** Findings kept; one fault in the code repeats itself. */
  static final int FINDINGS_MAX = 100;

  private static final int CALLS_MAX = 10_000;

  private final EntityType<S, C, E> type;
  private final EntityRef ref;
  private final Codec codec;
  private final Map<EntityRef, Operation> operations = new HashMap<>();
  private final Map<String, StoredCall> calls = new HashMap<>();
  private final Map<EntityRef, ArrayDeque<Object>> expected = new HashMap<>();
  private final Set<EntityRef> children = new LinkedHashSet<>();
  private final List<Finding> findings = new ArrayList<>();
  private S state;
  private long version;
  private long events;
  private long redecided;
  private @Nullable Instant at;

  Shadow(EntityType<S, C, E> type, EntityRef ref, Codec codec) {
    this.type = type;
    this.ref = ref;
    this.codec = codec;
    this.state = type.initial();
  }

  long version() {
    return version;
  }

  /** The operations that should be running now, and those that have been seen to start others. */
  Set<EntityRef> wanted() {
    Set<EntityRef> wanted = new LinkedHashSet<>(children);
    for (OperationRequest request : type.operations(state)) {
      wanted.add(ref.operation(request.id()));
    }
    return wanted;
  }

  ReplayReport report(boolean done) {
    return new ReplayReport(
        done,
        version,
        at,
        events,
        operations.size(),
        redecided,
        type.exists(state) ? type.view(state) : Mappers.JSON.createObjectNode(),
        findings);
  }

  void drive(Recorded recorded) {
    events++;
    at = recorded.stored().at();
    if (recorded.stored().event() instanceof Unreadable(var manifest, _, var why)) {
      find(recorded, "not-foldable", manifest + ": " + why);
      if (recorded.entity().equals(ref)) {
        version = recorded.version();
      }
      return;
    }
    if (recorded.entity().equals(ref)) {
      driveEntity(recorded);
    } else {
      driveOperation(recorded, (Operation.Event) recorded.stored().event());
    }
  }

  private void driveOperation(Recorded recorded, Operation.Event event) {
    EntityRef operation = recorded.entity();
    Operation before = operations.getOrDefault(operation, new Operation.NotStarted());
    Instant time = ShadowOperation.time(event, recorded.stored().at());
    if (!asExpected(recorded)) {
      Operation.Command command = ShadowOperation.command(before, event, time);
      if (command != null) {
        compare(recorded, Operation.decide(before, command, time));
      } else if (event instanceof Operation.Event.Ended) {
        find(recorded, "decided-otherwise", "it ended, and would go on now");
      }
    }
    if (event instanceof Operation.Event.CallsMade(var made, _)
        && before instanceof Running running) {
      keep(operation, running, made);
    }
    if (event instanceof Operation.Event.ChildStarted(var id, _, _, _)) {
      children.add(operation.operation(id));
    }
    try {
      Operation after = Operation.evolve(before, event);
      operations.put(operation, after);
      if (after instanceof Operation.Ended) {
        children.remove(operation);
      }
    } catch (RuntimeException e) {
      find(recorded, "not-foldable", String.valueOf(e.getMessage()));
    }
  }

  /** The commands of a step's calls, by the idempotency key under which they were sent. */
  private void keep(EntityRef operation, Running running, List<StoredCall> made) {
    if (calls.size() > CALLS_MAX) {
      calls.clear(); // those of long ago have been answered
    }
    String key = Operation.key(operation, running);
    for (int i = 0; i < made.size(); i++) {
      if (made.get(i).entity().equals(ref.toString())) {
        calls.put(key + "/" + i, made.get(i));
      }
    }
  }

  private void driveEntity(Recorded recorded) {
    Journaled stored = recorded.stored();
    if (!asExpected(recorded)) {
      C command = command(stored);
      if (command != null) {
        compare(recorded, type.decide(state, command, stored.at()));
      }
    }
    try {
      @SuppressWarnings("unchecked")
      E event = (E) stored.event();
      state = type.evolve(state, event);
    } catch (RuntimeException e) {
      find(recorded, "not-foldable", String.valueOf(e.getMessage()));
    }
    version = recorded.version();
    if (stored.summary() != null && !same(type.summary(state), stored.summary())) {
      find(recorded, "summary-differs", "its summary was " + stored.summary());
    }
  }

  /** What the record says was asked; null where it does not, as for a person's command. */
  private @Nullable C command(Journaled stored) {
    EntityRef operation = ShadowOperation.principal(stored.origin().principal());
    if (operation == null) {
      return null;
    }
    String key = stored.origin().idempotencyKey();
    if (key != null) {
      StoredCall call = calls.get(key);
      return call == null ? null : decoded(call);
    }
    String prefix = ref + "/";
    return operations.get(operation) instanceof Operation.Ended ended
            && operation.id().startsWith(prefix)
        ? type.settle(state, operation.id().substring(prefix.length()), ended.outcome())
            .orElse(null)
        : null;
  }

  private @Nullable C decoded(StoredCall call) {
    try {
      Object command = codec.decode(call.manifest(), call.command(), false);
      @SuppressWarnings("unchecked")
      C mine = command instanceof Unreadable ? null : (C) command;
      return mine;
    } catch (IOException e) {
      return null;
    }
  }

  /** Whether it was predicted by the decision of the event before it; another one is a finding. */
  private boolean asExpected(Recorded recorded) {
    ArrayDeque<Object> next = expected.get(recorded.entity());
    Object predicted = next == null ? null : next.poll();
    if (next == null || predicted == null) {
      return false;
    }
    redecided++;
    if (!same(predicted, recorded.stored().event())) {
      next.clear();
      find(
          recorded,
          "decided-otherwise",
          "recorded "
              + name(recorded, recorded.stored().event())
              + ", now "
              + name(recorded, predicted));
    }
    return true;
  }

  private void compare(Recorded recorded, Decision<?> decision) {
    redecided++;
    Object event = recorded.stored().event();
    switch (decision) {
      case Decision.Refuse<?>(var problem) ->
          find(
              recorded,
              "refused-now",
              name(recorded, event) + " would be refused: " + problem.code());
      case Decision.Later<?>(_, var problem) ->
          find(
              recorded,
              "refused-now",
              name(recorded, event) + " would be put off: " + problem.code());
      case Decision.Accept<?>(var decided) -> {
        if (decided.isEmpty()) {
          find(
              recorded, "decided-otherwise", "recorded " + name(recorded, event) + ", now nothing");
        } else if (!same(decided.getFirst(), event)) {
          find(
              recorded,
              "decided-otherwise",
              "recorded " + name(recorded, event) + ", now " + name(recorded, decided.getFirst()));
        } else {
          expected.put(recorded.entity(), new ArrayDeque<>(decided.subList(1, decided.size())));
        }
      }
    }
  }

  private String name(Recorded recorded, Object event) {
    return codec.name(recorded.entity().type(), event);
  }

  private static boolean same(Object one, Object other) {
    return one.equals(other) || tree(one).equals(tree(other));
  }

  /** As it is read back: 1 is 1, whether it was an int or a long before. */
  private static JsonNode tree(Object value) {
    try {
      return Mappers.JSON.readTree(Mappers.JSON.writeValueAsBytes(value));
    } catch (IOException e) {
      throw new IllegalStateException("what was stored can be written", e);
    }
  }

  private void find(Recorded recorded, String kind, String text) {
    if (findings.size() < FINDINGS_MAX) {
      findings.add(new Finding(recorded.entity(), recorded.version(), kind, text));
    }
  }
}
