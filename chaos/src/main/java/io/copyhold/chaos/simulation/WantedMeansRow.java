package io.copyhold.chaos.simulation;

import io.copyhold.chaos.simulation.Happening.Appended;
import io.copyhold.chaos.simulation.Happening.RowChanged;
import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.entity.Alarm;
import org.jspecify.annotations.Nullable;

/** Whoever wants an operation or an alarm has a row in the agenda that wakes it. */
final class WantedMeansRow implements Invariant {
  static final String OPERATIONS_ROW = "operations";

  private final Truth truth;
  private final SimAgenda agenda;

  WantedMeansRow(Truth truth, SimAgenda agenda) {
    this.truth = truth;
    this.agenda = agenda;
  }

  @Override
  public @Nullable String violatedBy(Happening happening) {
    return switch (happening) {
      case Appended(var entity, _, _, _, _, _, _, _, var last) when last -> check(entity);
      case RowChanged(var entity) -> check(entity);
      default -> null;
    };
  }

  private @Nullable String check(EntityRef entity) {
    Truth.Known known = truth.get(entity);
    if (!known.type().operations(known.state()).isEmpty() && !agenda.has(entity, OPERATIONS_ROW)) {
      return "%s at version %d wants %s and has no row"
          .formatted(
              entity, known.version(), known.type().operations(known.state()).getFirst().id());
    }
    for (Alarm alarm : known.type().alarms(known.state())) {
      if (!agenda.has(entity, alarm.name())) {
        return "%s at version %d wants the alarm %s and has no row"
            .formatted(entity, known.version(), alarm.name());
      }
    }
    return null;
  }
}
