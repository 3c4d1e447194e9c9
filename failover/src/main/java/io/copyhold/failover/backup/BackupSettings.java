package io.copyhold.failover.backup;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Where backups of the control database go and how many are kept; reasons stand in {@code
 * reference.conf} under {@code copyhold.control.backup}.
 *
 * @param directory one directory per backup, and {@code wal} for archived log
 * @param every between two backups; zero for none by itself
 * @param drillEvery between two drills; zero for none by itself
 * @param keep newest backups that stay
 * @param keepFor older ones go
 * @param answerLimit of the server, for each of its answers
 * @param embedded whether the control database is the embedded server, whose log is archived
 */
public record BackupSettings(
    Path directory,
    Duration every,
    Duration drillEvery,
    int keep,
    Duration keepFor,
    Duration answerLimit,
    boolean embedded) {
  public BackupSettings {
    directory = directory.toAbsolutePath().normalize();
    if (every.isNegative() || drillEvery.isNegative() || keep < 1 || !keepFor.isPositive()) {
      throw new IllegalArgumentException(
          "copyhold.control.backup: keep is at least 1, keep-for positive, pauses not negative");
    }
  }

  /**
   * @param root a whole configuration
   * @param data the data directory, in which backups lie unless another place is told
   */
  public static BackupSettings from(Config root, Path data) {
    Config c = root.getConfig("copyhold.control.backup");
    boolean embedded = c.getBoolean("embedded");
    return new BackupSettings(
        c.getString("directory").isEmpty()
            ? data.resolve("backup")
            : Path.of(c.getString("directory")),
        c.getDuration("every"),
        embedded ? c.getDuration("drill-every") : Duration.ZERO,
        c.getInt("keep"),
        c.getDuration("keep-for"),
        c.getDuration("answer-limit"),
        embedded);
  }

  /** Where the embedded server puts its log. */
  public Path wal() {
    return directory.resolve("wal");
  }
}
