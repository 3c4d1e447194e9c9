package io.copyhold.failover.backup;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Codec;
import io.copyhold.runtime.journal.Journaled;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.EmbeddedPostgres;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import io.copyhold.runtime.postgres.FileTrees;
import io.copyhold.runtime.postgres.RestoredServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;

/**
 * Brings the newest backup to life on a free port beside the live database, reads the whole journal
 * there with today's code, compares it with the live one, and removes it. Blocks.
 */
@PortAdapter
public final class Drill {
  private static final String EVENTS =
      "SELECT entity, version, name, payload FROM copyhold.event"
          + " WHERE (entity, version) > (?, ?) ORDER BY entity, version LIMIT 1000";

  private final Backups backups;
  private final EmbeddedPostgresSettings embedded;
  private final Codec codec;
  private final InstantSource clock;

  /**
   * @param embedded how servers of this machine run; its directory is not used
   */
  public Drill(
      Backups backups, EmbeddedPostgresSettings embedded, Codec codec, InstantSource clock) {
    this.backups = backups;
    this.embedded = embedded;
    this.codec = codec;
    this.clock = clock;
  }

  /**
   * @throws ProblemException {@code drill-failed}, with what was found
   */
  public Drilled run(Database live) throws IOException, SQLException {
    Taken taken = backups.find("");
    Instant began = clock.instant();
    Backups.Journal now = Backups.journal(live);
    Path directory = backups.settings().directory().resolve("drill");
    FileTrees.delete(directory);
    EmbeddedPostgresSettings settings =
        new EmbeddedPostgresSettings(
            directory,
            embedded.cache(),
            embedded.host(),
            0,
            true,
            embedded.maxConnections(),
            embedded.walSegmentMb(),
            backups.settings().directory().resolve("drill.log"),
            embedded.logLimitBytes(),
            embedded.startLimit(),
            embedded.stopLimit(),
            Map.of());
    Path wal = backups.settings().wal();
    try {
      RestoredServer.make(settings, backups.open(taken), Files.isDirectory(wal) ? wal : null, null);
      try (EmbeddedPostgres server = EmbeddedPostgres.start(settings)) {
        long recovered = Duration.between(began, clock.instant()).toMillis();
        Database restored = server.database(live.name());
        Backups.Journal then = Backups.journal(restored);
        compare(taken, then, now);
        long read = read(restored);
        if (read != then.total()) {
          throw failed("read " + read + " of " + then.total() + " events");
        }
        return new Drilled(
            taken.id(),
            began,
            recovered,
            Math.max(0, Duration.between(then.newest(), began).toMillis()),
            read,
            now.total());
      }
    } finally {
      FileTrees.delete(directory);
    }
  }

  /** It has at least what there was when the backup began, and at most what there is now. */
  private static void compare(Taken taken, Backups.Journal then, Backups.Journal now) {
    for (int slice = 0; slice < Backups.SLICES; slice++) {
      long least = taken.events().get(slice);
      long most = now.events().get(slice);
      long found = then.events().get(slice);
      if (found < least || now.timeline() == taken.timeline() && found > most) {
        throw failed(
            "slice "
                + slice
                + " has "
                + found
                + " events; there were "
                + least
                + " at the backup, and there are "
                + most
                + " now");
      }
    }
  }

  /** Every event, with no gap and readable. */
  private long read(Database restored) throws SQLException {
    String entity = "";
    long version = 0;
    long read = 0;
    try (Connection c = restored.connect("copyhold-drill");
        PreparedStatement s = c.prepareStatement(EVENTS)) {
      while (true) {
        s.setString(1, entity);
        s.setLong(2, version);
        int page = 0;
        try (ResultSet r = s.executeQuery()) {
          while (r.next()) {
            page++;
            String next = r.getString(1);
            long expected = next.equals(entity) ? version + 1 : 1;
            entity = next;
            version = r.getLong(2);
            if (version != expected) {
              throw failed(entity + " has event " + version + " where " + expected + " belongs");
            }
            Journaled event = codec.decodeEvent(r.getString(3), r.getBytes(4));
            if (event.event() instanceof Journaled.Unreadable unreadable) {
              throw failed(entity + " event " + version + " is unreadable: " + unreadable);
            }
          }
        }
        read += page;
        if (page == 0) {
          return read;
        }
      }
    }
  }

  private static ProblemException failed(String what) {
    return new ProblemException(
        Problem.conflict("drill-failed", "The restored journal is not the one backed up: " + what)
            .todo("Keep older backups, take a new one at once, and drill again."));
  }
}
