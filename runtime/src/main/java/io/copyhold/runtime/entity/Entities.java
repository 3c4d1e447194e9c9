package io.copyhold.runtime.entity;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;
import java.util.concurrent.CompletionStage;

/**
 * Port to all entities, wherever they live. Every call answers within the ask limit: a shard on its
 * way to another node answers {@link Reply.NotNow}.
 */
public interface Entities {
  /** Sends a command of the type's sealed interface. */
  CompletionStage<Reply> ask(EntityRef entity, Object command, Origin origin);

  /** What the command would cause, with nothing stored. */
  CompletionStage<Reply> dryRun(EntityRef entity, Object command, Origin origin);

  /** The whole state as JSON; refused "not found" when there is none. */
  CompletionStage<Reply> read(EntityRef entity);

  /**
   * Sends a command to an operation, through its owner.
   *
   * @param operation name within the owner: {@code provision/1}
   */
  CompletionStage<Reply> signal(EntityRef owner, String operation, Object command, Origin origin);

  /** What a command to an operation would cause, with nothing stored. */
  default CompletionStage<Reply> dryRunSignal(
      EntityRef owner, String operation, Object command, Origin origin) {
    return java.util.concurrent.CompletableFuture.completedFuture(
        new Reply.Refused(
            io.copyhold.runtime.Problem.conflict(
                "dry-run-unknown", "operations are not tried without effect here")));
  }

  /** Wakes an entity for a due row; completes when it has taken note. */
  CompletionStage<Reply> wake(EntityRef entity, String name, int missed);

  /** The same for a row that the agenda handed out, whose time has come whatever a clock says. */
  default CompletionStage<Reply> wake(io.copyhold.runtime.agenda.Agenda.Due due) {
    return wake(due.entity(), due.name(), due.missed());
  }

  /**
   * What really runs of an operation, as its runner says: its node, and the attempt under way.
   * Refused when its owner runs no such operation.
   */
  default CompletionStage<Reply> prove(EntityRef owner, String operation) {
    return java.util.concurrent.CompletableFuture.completedFuture(
        new Reply.Refused(
            io.copyhold.runtime.Problem.conflict(
                "prove-unknown", "operations are not looked at here")));
  }
}
