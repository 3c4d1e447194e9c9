package io.copyhold.runtime.operation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import io.copyhold.runtime.agenda.Agenda;
import io.copyhold.runtime.entity.Entities;
import io.copyhold.runtime.entity.History;
import io.copyhold.runtime.entity.Reply;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.Operation.Running;
import io.copyhold.runtime.operation.Operation.Wait;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Looks whether the wait reason of an operation is true: its owner has a row in the agenda that
 * wakes it; the node of its attempt is a member, and the attempt really runs there; the gate takes
 * the signal; the child is open; the definition can be run by somebody. Whatever cannot be looked
 * at now holds: only what was seen is a proof.
 *
 * @param members the nodes of the cluster, as the agenda names them
 * @param overdueMax a row or a time that is past for longer is not going to come by itself
 */
public record Proofs(
    History history,
    Agenda agenda,
    Entities entities,
    Definitions definitions,
    Supplier<Set<String>> members,
    Duration overdueMax) {
  static final String NODE = "node";
  static final String ATTEMPT = "attempt";
  static final String CALLING = "calling";
  static final String CHILD = "child";

  /**
   * What was found.
   *
   * @param version of the operation that was looked at
   * @param live false when it has ended, or is not there
   * @param stranded no member of the cluster can run its definition
   * @param runnable it waits for its definition, and this many members can run it
   */
  public record Finding(
      long version, boolean live, boolean stranded, int runnable, List<Proof> proofs) {
    /** The first one that does not hold. */
    public Optional<Proof> failing() {
      return proofs.stream().filter(proof -> !proof.holds()).findFirst();
    }
  }

  /** Looks at one operation. */
  public CompletionStage<Finding> of(EntityRef operation) {
    return history
        .at(operation, Long.MAX_VALUE)
        .thenCompose(past -> {
          if (!past.exists() || !(state(past.view()) instanceof Running running)) {
            return CompletableFuture.completedStage(
                new Finding(past.version(), false, false, 0, List.of()));
          }
          return of(operation, past, running);
        });
  }

  private static Operation state(JsonNode view) {
    try {
      return Mappers.JSON.treeToValue(view, Operation.class);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an operation's own view cannot be read", e);
    }
  }

  private CompletionStage<Finding> of(EntityRef operation, History.Past past, Running running) {
    if (running.waiting() instanceof Wait.Definition) {
      String wanted = running.plan().type() + "@" + running.plan().version();
      return definitions
          .nodesWith(wanted)
          .handle((nodes, failure) -> {
            if (failure != null) {
              return new Finding(past.version(), true, false, 0, List.of());
            }
            List<String> able = nodes.stream().filter(members.get()::contains).sorted().toList();
            return new Finding(
                past.version(),
                true,
                able.isEmpty(),
                able.size(),
                List.of(
                    new Proof(
                        "definition",
                        true,
                        able.isEmpty()
                            ? "no node of the cluster can run " + wanted
                            : wanted + " can be run by " + String.join(", ", able))));
          });
    }
    EntityRef owner = owner(operation);
    CompletionStage<Optional<Agenda.Standing>> row = agenda.find(owner, Agenda.OPERATIONS);
    return row.handle((found, failure) -> failure == null ? found : null)
        .thenCompose(standing -> {
          List<Proof> proofs = new ArrayList<>();
          if (standing != null) {
            proofs.add(wakeUp(owner, standing));
          }
          Instant now =
              standing == null
                  ? Instant.MIN
                  : standing.map(Agenda.Standing::now).orElse(Instant.MIN);
          CompletionStage<List<Proof>> waits =
              running.paused()
                  ? CompletableFuture.completedStage(List.of())
                  : wait(operation, running, now);
          return waits
              .exceptionally(_ -> List.of())
              .thenApply(more -> {
                proofs.addAll(more);
                return new Finding(past.version(), true, false, 0, List.copyOf(proofs));
              });
        });
  }

  /** The entity that the agenda wakes: an operation's operation is its owner's. */
  static EntityRef owner(EntityRef operation) {
    String[] parts = operation.id().split("/", 3);
    return new EntityRef(parts[0], parts[1]);
  }

  /** Its name within that entity. */
  static String name(EntityRef operation) {
    return operation.id().split("/", 3)[2];
  }

  private Proof wakeUp(EntityRef owner, Optional<Agenda.Standing> found) {
    return found
        .map(row ->
            new Proof(
                "wake-up",
                row.overdue().compareTo(overdueMax) <= 0,
                row.overdue().isZero()
                    ? owner + " is woken at " + row.due()
                    : owner + " should have been woken at " + row.due()))
        .orElseGet(() ->
            new Proof("wake-up", false, owner + " has no row in the agenda: nothing wakes it"));
  }

  private CompletionStage<List<Proof>> wait(EntityRef operation, Running running, Instant now) {
    return switch (running.waiting()) {
      case Wait.Ready _ ->
          running(operation, "runner", reply -> false, "its runner is there and does not begin");
      case Wait.Attempt(var attempt, _, var node, _) -> {
        if (!members.get().contains(node)) {
          yield proof(
              "attempt", false, "attempt " + attempt + " ran on " + node + ", which is gone");
        }
        yield running(
            operation,
            "attempt",
            view -> view.path(ATTEMPT).asLong() == attempt,
            "attempt " + attempt + " on " + node);
      }
      case Wait.Until(var due, _) ->
          proof(
              "timer",
              !due.plus(overdueMax).isBefore(now),
              "the time is " + due + (now.isAfter(due) ? ", which is past" : ""));
      case Wait.Gate(var signal, _, _) ->
          entities
              .dryRunSignal(
                  owner(operation),
                  name(operation),
                  new Operation.Command.Approve(signal, null),
                  Origin.SYSTEM)
              .thenApply(reply ->
                  List.of(
                      reply instanceof Reply.Refused(var problem)
                          ? new Proof(
                              "signal", false, "it does not take " + signal + ": " + problem)
                          : new Proof("signal", true, "it takes " + signal)));
      case Wait.Calling(var attempt, _, _) ->
          running(
              operation,
              "calls",
              view -> view.path(CALLING).asLong() == attempt,
              "the calls of attempt " + attempt);
      case Wait.Child(_, var id, _, _, _) ->
          history
              .at(operation.operation(id), Long.MAX_VALUE)
              .thenCompose(child -> {
                if (!child.exists()) {
                  return proof("child", false, operation.operation(id) + " has not started");
                }
                return state(child.view()) instanceof Running
                    ? running(
                        operation,
                        "child",
                        view -> view.path(CHILD).asBoolean(),
                        operation.operation(id) + " under its parent")
                    : proof("child", false, operation.operation(id) + " has ended");
              });
      case Wait.Choice _ -> CompletableFuture.completedStage(List.of());
      case Wait.Definition _ -> CompletableFuture.completedStage(List.of());
    };
  }

  private interface Seen {
    boolean holds(JsonNode view);
  }

  private CompletionStage<List<Proof>> running(
      EntityRef operation, String kind, Seen seen, String what) {
    return entities
        .prove(owner(operation), name(operation))
        .thenApply(reply ->
            switch (reply) {
              case Reply.Applied applied -> {
                boolean holds = seen.holds(applied.view());
                yield List.of(
                    new Proof(
                        kind,
                        holds,
                        what
                            + (holds ? ": seen on " : ": not seen on ")
                            + applied.view().path(NODE).asText()));
              }
              case Reply.Refused(var problem) ->
                  List.of(new Proof(kind, false, what + ": " + problem.what()));
              case Reply.NotNow _ -> List.of();
            });
  }

  private static CompletionStage<List<Proof>> proof(String kind, boolean holds, String text) {
    return CompletableFuture.completedStage(List.of(new Proof(kind, holds, text)));
  }
}
