package io.copyhold.failover.backup;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Decision;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The control plane's backups and drills as a pure state machine; there is one of it. {@code
 * serial} numbers its operations.
 *
 * @param plan when it does what by itself
 * @param task runs as {@code backup/<serial>} or {@code drill/<serial>}
 * @param recent the last backups, the newest last, at most {@value #RECENT_MAX}
 * @param drilled the last drill that went well
 * @param backupProblem of the last backup, when it failed
 * @param drillProblem of the last drill, when it failed
 */
public record ControlBackup(
    int serial,
    Plan plan,
    @Nullable Task task,
    List<Taken> recent,
    @Nullable Drilled drilled,
    @Nullable Problem backupProblem,
    @Nullable Problem drillProblem) {
  static final int RECENT_MAX = 10;
  static final String BACKUP = "backup";
  static final String DRILL = "drill";

  /** The one there is. */
  public static final EntityRef REF = new EntityRef("control-backup", "control");

  public static final ControlBackupType TYPE = new ControlBackupType();

  public ControlBackup {
    recent = List.copyOf(recent);
  }

  /**
   * @param every between two backups; zero for none by itself
   * @param drillEvery the same for drills
   * @param backupDue next backup
   * @param drillDue next drill
   */
  public record Plan(Duration every, Duration drillEvery, Instant backupDue, Instant drillDue) {
    static final Plan NONE = new Plan(Duration.ZERO, Duration.ZERO, Instant.EPOCH, Instant.EPOCH);
  }

  /** What runs. */
  public enum Task {
    BACKUP,
    DRILL;

    String word() {
      return this == BACKUP ? ControlBackup.BACKUP : ControlBackup.DRILL;
    }
  }

  /** What is asked of it. */
  public sealed interface Command {
    /** When it is to do what by itself. */
    record Schedule(Duration every, Duration drillEvery) implements Command {}

    /** Now; while one runs, that one counts. */
    record Begin(Task task) implements Command {}

    record RecordTaken(int serial, Taken taken) implements Command {}

    record RecordDrilled(int serial, Drilled drilled) implements Command {}

    record RecordFailed(int serial, Problem problem) implements Command {}
  }

  /** What happened. */
  public sealed interface Event {
    record Scheduled(Plan plan) implements Event {}

    record Begun(int serial, Task task, Plan plan) implements Event {}

    record BackupTaken(int serial, Taken taken) implements Event {}

    record DrillPassed(int serial, Drilled drilled) implements Event {}

    record Failed(int serial, Problem problem) implements Event {}
  }

  /** What an operation of it is given. */
  public record Input(int serial) {}

  static ControlBackup initial() {
    return new ControlBackup(0, Plan.NONE, null, List.of(), null, null, null);
  }

  Decision<Event> decide(Command command, Instant now) {
    return switch (command) {
      case Command.Schedule(var every, var drillEvery) ->
          every.equals(plan.every()) && drillEvery.equals(plan.drillEvery())
              ? Decision.accept()
              : Decision.accept(
                  new Event.Scheduled(
                      new Plan(every, drillEvery, now.plus(every), now.plus(drillEvery))));
      case Command.Begin(var wanted) -> begin(wanted, now);
      case Command.RecordTaken(var number, var taken) ->
          number == serial && task == Task.BACKUP
              ? Decision.accept(new Event.BackupTaken(number, taken))
              : Decision.accept();
      case Command.RecordDrilled(var number, var done) ->
          number == serial && task == Task.DRILL
              ? Decision.accept(new Event.DrillPassed(number, done))
              : Decision.accept();
      case Command.RecordFailed(var number, var problem) ->
          number == serial && task != null
              ? Decision.accept(new Event.Failed(number, problem))
              : Decision.accept();
    };
  }

  private Decision<Event> begin(@Nullable Task wanted, Instant now) {
    if (wanted == null) {
      return Decision.refuse(
          Problem.invalid("field-missing", "the task is missing").at("task").todo("give it"));
    }
    if (task == wanted) {
      return Decision.accept();
    }
    if (task != null) {
      return Decision.later(
          Duration.ofSeconds(5),
          Problem.unavailable("busy", task.word() + "/" + serial + " runs")
              .at(REF.toString())
              .todo("wait for its end"));
    }
    Plan next =
        wanted == Task.BACKUP
            ? new Plan(plan.every(), plan.drillEvery(), now.plus(plan.every()), plan.drillDue())
            : new Plan(
                plan.every(), plan.drillEvery(), plan.backupDue(), now.plus(plan.drillEvery()));
    return Decision.accept(new Event.Begun(serial + 1, wanted, next));
  }

  ControlBackup evolve(Event event) {
    return switch (event) {
      case Event.Scheduled(var next) ->
          new ControlBackup(serial, next, task, recent, drilled, backupProblem, drillProblem);
      case Event.Begun(var number, var begun, var next) ->
          new ControlBackup(number, next, begun, recent, drilled, backupProblem, drillProblem);
      case Event.BackupTaken(_, var taken) -> {
        List<Taken> all = new ArrayList<>(recent);
        all.add(taken);
        yield new ControlBackup(
            serial,
            plan,
            null,
            all.subList(Math.max(0, all.size() - RECENT_MAX), all.size()),
            drilled,
            null,
            drillProblem);
      }
      case Event.DrillPassed(_, var done) ->
          new ControlBackup(serial, plan, null, recent, done, backupProblem, null);
      case Event.Failed(_, var problem) ->
          new ControlBackup(
              serial,
              plan,
              null,
              recent,
              drilled,
              task == Task.BACKUP ? problem : backupProblem,
              task == Task.DRILL ? problem : drillProblem);
    };
  }
}
