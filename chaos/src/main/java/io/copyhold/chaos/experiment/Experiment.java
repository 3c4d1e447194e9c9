package io.copyhold.chaos.experiment;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.EntityType;
import org.jspecify.annotations.Nullable;

/**
 * An experiment: defined, approved where that is asked for, run as the operation {@code
 * run/<number>}, and with the report of its newest run; the reports before are in its history.
 */
public sealed interface Experiment {
  record Absent() implements Experiment {}

  /**
   * There.
   *
   * @param author the person who gave it its present plan, whichever token that was done with
   * @param approvedBy another person who agreed to the next run of this plan, or null
   * @param run number of the newest run, 0 before the first
   */
  record Defined(Plan plan, String author, @Nullable String approvedBy, int run, Phase phase)
      implements Experiment {}

  /** How far it is. */
  sealed interface Phase {
    record Ready() implements Phase {}

    record Running() implements Phase {}

    record Ended(Report report) implements Phase {}

    /** There was no run worth a report, and all it did is undone. */
    record Failed(Problem problem) implements Phase {}

    record Cancelled() implements Phase {}
  }

  sealed interface Command {
    /**
     * @param by the person who asks
     */
    record Define(Plan plan, String by) implements Command {}

    record Approve(String by) implements Command {}

    /**
     * @param secondPerson whether somebody other than the author must have approved
     */
    record Run(String by, boolean secondPerson) implements Command {}

    record RecordEnd(int run, Phase phase) implements Command {}
  }

  sealed interface Event {
    record Planned(Plan plan, String by) implements Event {}

    record Approved(String by) implements Event {}

    record RunBegan(int run, String by) implements Event {}

    record RunEnded(int run, Phase phase) implements Event {}
  }

  /** Input of the operation {@value ExperimentType#OPERATION}. */
  record Input(Plan plan, int run) {}

  EntityType<Experiment, Command, Event> TYPE = new ExperimentType();
}
