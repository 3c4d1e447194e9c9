package io.copyhold.failover.backup;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.failover.backup.ControlBackup.Command;
import io.copyhold.failover.backup.ControlBackup.Event;
import io.copyhold.failover.backup.ControlBackup.Task;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.entity.Alarm;
import io.copyhold.runtime.entity.Decision;
import io.copyhold.runtime.entity.EntityType;
import io.copyhold.runtime.entity.OperationRequest;
import io.copyhold.runtime.entity.Outcome;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.journal.StoredTypes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a {@link ControlBackup} wants, and how it shows itself. */
public final class ControlBackupType implements EntityType<ControlBackup, Command, Event> {
  static final String BACKUP = "control-backup";
  static final String DRILL = "control-drill";

  private static final StoredTypes STORED =
      StoredTypes.of("control-backup", ControlBackup.class)
          .command("schedule", Command.Schedule.class)
          .command("begin", Command.Begin.class)
          .command("record-taken", Command.RecordTaken.class)
          .command("record-drilled", Command.RecordDrilled.class)
          .command("record-failed", Command.RecordFailed.class)
          .event("scheduled", Event.Scheduled.class)
          .event("begun", Event.Begun.class)
          .event("backup-taken", Event.BackupTaken.class)
          .event("drill-passed", Event.DrillPassed.class)
          .event("failed", Event.Failed.class);

  ControlBackupType() {}

  @Override
  public String name() {
    return "control-backup";
  }

  @Override
  public ControlBackup initial() {
    return ControlBackup.initial();
  }

  @Override
  public Decision<Event> decide(ControlBackup state, Command command, Instant now) {
    return state.decide(command, now);
  }

  @Override
  public ControlBackup evolve(ControlBackup state, Event event) {
    return state.evolve(event);
  }

  @Override
  public StoredTypes stored() {
    return STORED;
  }

  @Override
  public boolean exists(ControlBackup state) {
    return true;
  }

  @Override
  public List<OperationRequest> operations(ControlBackup state) {
    Task task = state.task();
    return task == null
        ? List.of()
        : List.of(
            new OperationRequest(
                task.word() + "/" + state.serial(),
                task == Task.BACKUP ? BACKUP : DRILL,
                new ControlBackup.Input(state.serial())));
  }

  @Override
  public Optional<Command> settle(ControlBackup state, String operation, Outcome outcome) {
    int serial = Integer.parseInt(operation.substring(operation.indexOf('/') + 1));
    boolean backup = operation.startsWith(ControlBackup.BACKUP + "/");
    return Optional.of(
        switch (outcome) {
          case Outcome.Done(var data) ->
              backup
                  ? new Command.RecordTaken(
                      serial, Mappers.JSON.convertValue(data.get(BACKUP), Taken.class))
                  : new Command.RecordDrilled(
                      serial, Mappers.JSON.convertValue(data.get(DRILL), Drilled.class));
          case Outcome.Undone(var problem) -> new Command.RecordFailed(serial, problem);
          case Outcome.FailedInRollback(var problem, _) ->
              new Command.RecordFailed(serial, problem);
          case Outcome.Cancelled _ ->
              new Command.RecordFailed(serial, Problem.conflict("cancelled", "it was cancelled"));
        });
  }

  @Override
  public List<Alarm> alarms(ControlBackup state) {
    List<Alarm> alarms = new ArrayList<>();
    ControlBackup.Plan plan = state.plan();
    if (plan.every().isPositive()) {
      alarms.add(new Alarm(ControlBackup.BACKUP, plan.backupDue(), plan.every()));
    }
    if (plan.drillEvery().isPositive()) {
      alarms.add(new Alarm(ControlBackup.DRILL, plan.drillDue(), plan.drillEvery()));
    }
    return alarms;
  }

  @Override
  public Optional<Command> alarm(ControlBackup state, String name, int missed) {
    return Optional.of(
        new Command.Begin(name.equals(ControlBackup.BACKUP) ? Task.BACKUP : Task.DRILL));
  }

  @Override
  public JsonNode summary(ControlBackup state) {
    ObjectNode node = Mappers.JSON.createObjectNode();
    Problem problem = state.backupProblem() != null ? state.backupProblem() : state.drillProblem();
    node.put("state", state.task() != null ? "running" : problem != null ? "failed" : "idle");
    if (state.task() != null) {
      node.put("operation", state.task().word() + "/" + state.serial());
    }
    if (!state.recent().isEmpty()) {
      Taken last = state.recent().getLast();
      node.put("backup", last.id())
          .put("backupAt", last.at().toString())
          .put("backupBytes", last.bytes())
          .put("backupTookMs", last.tookMs());
    }
    Drilled drilled = state.drilled();
    if (drilled != null) {
      node.put("drillAt", drilled.at().toString())
          .put("drillRecoveredMs", drilled.recoveredMs())
          .put("drillBehindMs", drilled.behindMs())
          .put("drillEvents", drilled.events());
    }
    if (problem != null) {
      node.put("problem", problem.code() + ": " + problem.what());
    }
    return node;
  }
}
