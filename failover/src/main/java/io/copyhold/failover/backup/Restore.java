package io.copyhold.failover.backup;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import io.copyhold.runtime.postgres.RestoredServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * Makes the embedded control database from a backup, while nothing runs on its data directory. The
 * caller holds the lock of that directory. The next start finds another server timeline and
 * compares all owners with their homes.
 */
public final class Restore {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final Backups backups;
  private final EmbeddedPostgresSettings server;
  private final InstantSource clock;

  public Restore(Backups backups, EmbeddedPostgresSettings server, InstantSource clock) {
    this.backups = backups;
    this.server = server;
    this.clock = clock;
  }

  /**
   * What was done.
   *
   * @param before where the data is that was there; null when there was none
   */
  public record Done(Taken backup, Duration took, @Nullable Path before) {}

  /**
   * @param id of a backup; empty for the newest, or the newest before {@code until}
   * @param until null for everything that there is
   * @param replace moves data aside that is there; otherwise that is refused
   */
  public Done run(String id, @Nullable Instant until, boolean replace) throws IOException {
    Instant began = clock.instant();
    Taken taken = choose(id, until);
    Path data = server.directory().resolve("data");
    Path before = null;
    if (Files.exists(data)) {
      if (!replace) {
        throw new ProblemException(
            Problem.conflict("directory-occupied", "There is a control database already.")
                .at(data.toString())
                .todo("Say --replace to move it aside, or name another --data."));
      }
      before = data.resolveSibling("data.before-" + STAMP.format(began));
      Files.move(data, before);
    }
    boolean done = false;
    Path wal = backups.settings().wal();
    try {
      RestoredServer.make(server, backups.open(taken), Files.isDirectory(wal) ? wal : null, until);
      done = true;
    } finally {
      if (!done && before != null && !Files.exists(data)) {
        Files.move(before, data);
      }
    }
    return new Done(taken, Duration.between(began, clock.instant()), before);
  }

  private Taken choose(String id, @Nullable Instant until) throws IOException {
    if (until == null) {
      return backups.find(id);
    }
    return backups.list().stream()
        .filter(taken -> id.isEmpty() || taken.id().equals(id))
        .filter(taken -> !taken.at().plusMillis(taken.tookMs()).isAfter(until))
        .findFirst()
        .orElseThrow(() ->
            new ProblemException(
                Problem.notFound("backup-too-new", "No such backup was whole at " + until + ".")
                    .at(backups.settings().directory().toString())
                    .todo("Name a later time, or an older backup.")));
  }
}
