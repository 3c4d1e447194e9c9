package io.copyhold.failover.backup;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.postgres.BaseBackup;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.FileTrees;
import io.copyhold.runtime.postgres.Replication;
import io.copyhold.runtime.process.ProtectedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * The directory with backups of the control database: one directory each, which gets its name only
 * when all of it was read again and compared with the server's checksums. Methods block.
 */
public final class Backups {
  /** Of the journal, by {@code io.copyhold.runtime.Slices}. */
  static final int SLICES = 16;

  private static final String FACTS = "backup.json";
  private static final String PARTIAL = ".partial";
  private static final DateTimeFormatter ID =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final BackupSettings settings;
  private final InstantSource clock;

  public Backups(BackupSettings settings, InstantSource clock) {
    this.settings = settings;
    this.clock = clock;
  }

  public BackupSettings settings() {
    return settings;
  }

  /**
   * Takes one.
   *
   * @param stop is given what ends it early
   * @param progress hears the bytes so far
   */
  public Taken take(Database control, Consumer<Runnable> stop, LongConsumer progress)
      throws IOException, SQLException {
    Files.createDirectories(settings.directory());
    Instant began = clock.instant();
    String id = ID.format(began);
    Path partial = settings.directory().resolve(id + PARTIAL);
    FileTrees.delete(partial);
    Files.createDirectory(
        partial,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Journal journal = journal(control);
    BaseBackup backup = new BaseBackup(partial);
    Replication.Span span;
    try (Replication server = Replication.open(control, settings.answerLimit())) {
      stop.accept(() -> close(server));
      span = backup.take(server, "copyhold-" + id, progress);
    }
    int files = backup.verify();
    Taken taken =
        new Taken(
            id,
            began,
            Duration.between(began, clock.instant()).toMillis(),
            backup.bytes(),
            files,
            journal.server(),
            span.start(),
            span.end(),
            journal.events(),
            journal.timeline());
    ProtectedFile.write(partial.resolve(FACTS), Mappers.tree(taken, Taken.class).toString());
    Files.move(partial, settings.directory().resolve(id));
    ProtectedFile.sync(settings.directory());
    prune();
    return taken;
  }

  private static void close(Replication server) {
    try {
      server.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /**
   * What a control database holds.
   *
   * @param events by slice, 0 to 15
   * @param newest when the newest was decided
   */
  record Journal(String server, long timeline, List<Long> events, Instant newest) {
    long total() {
      return events.stream().mapToLong(Long::longValue).sum();
    }
  }

  static Journal journal(Database control) throws SQLException {
    try (Connection c = control.connect("copyhold-backup");
        Statement s = c.createStatement()) {
      List<Long> events = new ArrayList<>(Collections.nCopies(SLICES, 0L));
      Instant newest = Instant.EPOCH;
      try (ResultSet r =
          s.executeQuery("SELECT slice, count(*), max(at) FROM copyhold.event GROUP BY slice")) {
        while (r.next()) {
          events.set(r.getInt(1), r.getLong(2));
          Instant at = r.getTimestamp(3).toInstant();
          newest = at.isAfter(newest) ? at : newest;
        }
      }
      try (ResultSet r =
          s.executeQuery("SELECT copyhold.server(), max(floor) FROM copyhold.timeline")) {
        r.next();
        return new Journal(r.getString(1), r.getLong(2), events, newest);
      }
    }
  }

  /** All that are whole, the newest first. */
  public List<Taken> list() throws IOException {
    if (!Files.isDirectory(settings.directory())) {
      return List.of();
    }
    List<Taken> all = new ArrayList<>();
    try (Stream<Path> directories = Files.list(settings.directory())) {
      for (Path directory : directories.toList()) {
        Path facts = directory.resolve(FACTS);
        if (!directory.toString().endsWith(PARTIAL) && Files.exists(facts)) {
          all.add(Mappers.JSON.readValue(Files.readAllBytes(facts), Taken.class));
        }
      }
    }
    all.sort(Comparator.comparing(Taken::at).reversed());
    return all;
  }

  /** Since the newest one began; empty when there is none. */
  public Optional<Duration> age() throws IOException {
    return list().stream()
        .findFirst()
        .map(newest -> Duration.between(newest.at(), clock.instant()));
  }

  /**
   * The one of this id, or the newest.
   *
   * @param id empty for the newest
   */
  public Taken find(String id) throws IOException {
    Optional<Taken> found =
        list().stream().filter(taken -> id.isEmpty() || taken.id().equals(id)).findFirst();
    return found.orElseThrow(() ->
        new ProblemException(
            Problem.notFound(
                    "backup-unknown",
                    id.isEmpty() ? "There is no backup." : "There is no backup " + id + ".")
                .at(settings.directory().toString())
                .todo("Name another directory, or take one: copyhold control backup.")));
  }

  public BaseBackup open(Taken taken) {
    return new BaseBackup(settings.directory().resolve(taken.id()));
  }

  /** Removes what is beyond the limits, the newest one never; and log that no backup needs. */
  private void prune() throws IOException {
    List<Taken> all = list();
    Instant oldest = clock.instant().minus(settings.keepFor());
    for (int i = 1; i < all.size(); i++) {
      if (i >= settings.keep() || all.get(i).at().isBefore(oldest)) {
        FileTrees.delete(settings.directory().resolve(all.get(i).id()));
      }
    }
    Instant needed =
        list().getLast().at().minus(Duration.ofHours(1)); // what its own log begins with
    if (Files.isDirectory(settings.wal())) {
      try (Stream<Path> files = Files.list(settings.wal())) {
        for (Path file : files.toList()) {
          String name = file.getFileName().toString();
          if (name.matches("[0-9A-F]{24}.*")
              && Files.getLastModifiedTime(file).toInstant().isBefore(needed)) {
            Files.deleteIfExists(file);
          }
        }
      }
    }
  }
}
