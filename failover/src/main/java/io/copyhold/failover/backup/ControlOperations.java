package io.copyhold.failover.backup;

import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.RetryPolicy;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.runtime.postgres.Database;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operations of {@link ControlBackup}: each one step, on whichever node owns it. */
public final class ControlOperations {
  private static final Logger log = LoggerFactory.getLogger(ControlOperations.class);

  /** A server that is away or full is waited for some minutes; then the next one is due. */
  private static final RetryPolicy RETRY =
      new RetryPolicy(8, Duration.ofSeconds(1), Duration.ofMinutes(1));

  private ControlOperations() {}

  public static List<OperationType<?>> all(Backups backups, Drill drill, Database control) {
    return List.of(new Backup(backups, control), new Rehearsal(drill, control));
  }

  private record Backup(Backups backups, Database control)
      implements OperationType<ControlBackup.Input> {
    @Override
    public String name() {
      return ControlBackupType.BACKUP;
    }

    @Override
    public String version() {
      return "1.0.0";
    }

    @Override
    public Class<ControlBackup.Input> input() {
      return ControlBackup.Input.class;
    }

    @Override
    public List<Step> steps(ControlBackup.Input input) {
      return List.of(new Take(backups, control));
    }
  }

  /** Streams, verifies and names a base backup; what an earlier attempt left is not used. */
  private record Take(Backups backups, Database control) implements Step {
    @Override
    public String name() {
      return ControlBackupType.BACKUP;
    }

    @Override
    public RetryPolicy retry() {
      return RETRY;
    }

    @Override
    public StepResult run(StepContext step) throws Exception {
      List<AutoCloseable> stops = new ArrayList<>();
      try {
        Taken taken =
            backups.take(
                control,
                cancel -> stops.add(step.onStop(cancel)),
                bytes -> step.progress(bytes, 0, null));
        log.atInfo()
            .addKeyValue("backup", taken.id())
            .addKeyValue("bytes", taken.bytes())
            .addKeyValue("tookMs", taken.tookMs())
            .log("control database backed up");
        return StepResult.done(taken);
      } finally {
        for (AutoCloseable stop : stops) {
          stop.close();
        }
      }
    }
  }

  private record Rehearsal(Drill drill, Database control)
      implements OperationType<ControlBackup.Input> {
    @Override
    public String name() {
      return ControlBackupType.DRILL;
    }

    @Override
    public String version() {
      return "1.0.0";
    }

    @Override
    public Class<ControlBackup.Input> input() {
      return ControlBackup.Input.class;
    }

    @Override
    public List<Step> steps(ControlBackup.Input input) {
      return List.of(new Rehearse(drill, control));
    }
  }

  /** Leaves nothing behind, so it may be repeated. */
  private record Rehearse(Drill drill, Database control) implements Step {
    @Override
    public String name() {
      return ControlBackupType.DRILL;
    }

    @Override
    public RetryPolicy retry() {
      return RETRY;
    }

    @Override
    public StepResult run(StepContext step) throws Exception {
      try {
        Drilled drilled = drill.run(control);
        log.atInfo()
            .addKeyValue("backup", drilled.backup())
            .addKeyValue("recoveredMs", drilled.recoveredMs())
            .addKeyValue("behindMs", drilled.behindMs())
            .log("restore of the control database drilled");
        return StepResult.done(drilled);
      } catch (RuntimeException e) {
        log.atError().setCause(e).log("the drill of restoring the control database failed");
        throw e;
      }
    }
  }
}
