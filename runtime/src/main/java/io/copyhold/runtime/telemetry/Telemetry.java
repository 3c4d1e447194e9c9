package io.copyhold.runtime.telemetry;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Origin;

/** Port to what operators watch. The shell and the engine are its only callers. */
public interface Telemetry {
  /** Something that takes time. */
  interface Observation {
    /** The origin to hand on: a child of this observation. */
    Origin origin();

    /**
     * @param outcome a word of a small set: {@code applied}, {@code refused}, {@code not-now},
     *     {@code fault}
     */
    void end(String outcome);
  }

  /** A command is being handled by its entity. */
  Observation command(EntityRef entity, String command, Origin origin);

  /** A step's attempt runs. */
  Observation step(EntityRef operation, String type, String step, int attempt, Origin origin);

  /** An operation ended. */
  void operationEnded(String type, String outcome);

  /** Entities in memory on this node changed by {@code delta}. */
  void live(String entityType, int delta);

  /** Watches nothing. */
  Telemetry NONE =
      new Telemetry() {
        @Override
        public Observation command(EntityRef entity, String command, Origin origin) {
          return new Nothing(origin);
        }

        @Override
        public Observation step(
            EntityRef operation, String type, String step, int attempt, Origin origin) {
          return new Nothing(origin);
        }

        @Override
        public void operationEnded(String type, String outcome) {}

        @Override
        public void live(String entityType, int delta) {}
      };

  /** The observation that nobody sees. */
  record Nothing(Origin origin) implements Observation {
    @Override
    public void end(String outcome) {}
  }
}
