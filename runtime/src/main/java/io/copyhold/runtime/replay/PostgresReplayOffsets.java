package io.copyhold.runtime.replay;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.PreparedStatement;
import java.sql.ResultSet;

/** How far replays have come, in the control database. */
public record PostgresReplayOffsets(ControlDatabase database) implements ReplayOffsets {
  @Override
  public long load(EntityRef entity, String name) {
    return database.now(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement(
              "SELECT version FROM copyhold.replay WHERE entity = ? AND name = ?")) {
        s.setString(1, entity.toString());
        s.setString(2, name);
        try (ResultSet r = s.executeQuery()) {
          return r.next() ? r.getLong(1) : 0L;
        }
      }
    });
  }

  @Override
  public void keep(EntityRef entity, String name, long version) {
    database.now(connection -> {
      try (PreparedStatement s =
          connection.prepareStatement(
              "INSERT INTO copyhold.replay (entity, name, version) VALUES (?, ?, ?)"
                  + " ON CONFLICT (entity, name) DO UPDATE"
                  + " SET version = excluded.version, changed = clock_timestamp()")) {
        s.setString(1, entity.toString());
        s.setString(2, name);
        s.setLong(3, version);
        return s.executeUpdate();
      }
    });
  }
}
