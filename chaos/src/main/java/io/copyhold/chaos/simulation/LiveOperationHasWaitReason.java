package io.copyhold.chaos.simulation;

import io.copyhold.chaos.simulation.Happening.Appended;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.operation.Explanation;
import io.copyhold.runtime.operation.Operation.Running;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A running operation says what it waits for, and the agenda looks after it soon enough, whatever
 * becomes of its node.
 */
final class LiveOperationHasWaitReason implements Invariant {
  /** A sweep's hour, a clock that is an hour wrong, and as much again. */
  private static final Duration SOON = Duration.ofHours(4);

  private final Truth truth;
  private final SimAgenda agenda;
  private final SimLoop loop;

  LiveOperationHasWaitReason(Truth truth, SimAgenda agenda, SimLoop loop) {
    this.truth = truth;
    this.agenda = agenda;
    this.loop = loop;
  }

  @Override
  public @Nullable String violatedBy(Happening happening) {
    if (!(happening instanceof Appended a)
        || !a.last()
        || !(a.after() instanceof Running running)) {
      return null;
    }
    if (Explanation.of(running).isEmpty()) {
      return "%s runs and waits for nothing: %s".formatted(a.entity(), running);
    }
    EntityRef owner = Shards.owner(a.entity());
    Instant latest = loop.now().plus(SOON);
    return wanted(owner)
            && agenda
                .due(owner, WantedMeansRow.OPERATIONS_ROW)
                .map(due -> due.isAfter(latest))
                .orElse(true)
        ? "%s waits for \"%s\", and the agenda wakes its owner at %s"
            .formatted(
                a.entity(),
                Explanation.of(running).getLast().text(),
                agenda.due(owner, WantedMeansRow.OPERATIONS_ROW))
        : null;
  }

  private boolean wanted(EntityRef owner) {
    Truth.Known known = truth.get(owner);
    return !known.type().operations(known.state()).isEmpty();
  }
}
