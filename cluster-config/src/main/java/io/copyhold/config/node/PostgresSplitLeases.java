package io.copyhold.config.node;

import io.copyhold.runtime.postgres.ControlDatabase;
import java.sql.PreparedStatement;
import java.time.Duration;
import javax.sql.DataSource;

/** The leases in the control database. */
public final class PostgresSplitLeases implements SplitLeases {
  private final ControlDatabase database;

  /**
   * @param database with the tables of {@link PostgresNodeRegister#SCHEMA}
   */
  public PostgresSplitLeases(DataSource database) {
    this.database = new ControlDatabase(database, Runnable::run);
  }

  @Override
  public boolean take(String name, String owner, Duration lasting) {
    return database.now(c -> {
      try (PreparedStatement s =
          c.prepareStatement(
              "INSERT INTO copyhold.sbr_lease AS l (name, owner, since, until)"
                  + " VALUES (?, ?, clock_timestamp(),"
                  + "   clock_timestamp() + make_interval(secs => ?))"
                  + " ON CONFLICT (name) DO UPDATE SET owner = EXCLUDED.owner,"
                  + " since = EXCLUDED.since, until = EXCLUDED.until"
                  + " WHERE l.owner = EXCLUDED.owner OR l.until < clock_timestamp()"
                  + " OR EXISTS (SELECT FROM copyhold.node n WHERE n.state = 'ended'"
                  + "   AND right(n.address, length(l.owner) + 1) = '@' || l.owner)")) {
        s.setString(1, name);
        s.setString(2, owner);
        s.setDouble(3, lasting.toMillis() / 1e3);
        return s.executeUpdate() == 1;
      }
    });
  }

  @Override
  public void release(String name, String owner) {
    database.now(c -> {
      try (PreparedStatement s =
          c.prepareStatement("DELETE FROM copyhold.sbr_lease WHERE name = ? AND owner = ?")) {
        s.setString(1, name);
        s.setString(2, owner);
        return s.executeUpdate();
      }
    });
  }
}
