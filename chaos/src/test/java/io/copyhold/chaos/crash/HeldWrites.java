package io.copyhold.chaos.crash;

import io.copyhold.runtime.postgres.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Crash points, from outside the code under test: the journal's database holds the writing of
 * chosen events. What leads to such an event has happened, its effects included; the event has not.
 * {@link #lose} then rolls the held ones back, as a crash does.
 */
final class HeldWrites implements AutoCloseable {
  private static final String DEFINITION =
      """
      CREATE SCHEMA IF NOT EXISTS held;
      CREATE TABLE IF NOT EXISTS held.point (entity text, version bigint);
      CREATE OR REPLACE FUNCTION held.hold() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM held.point p WHERE p.entity = NEW.entity
            AND p.version = NEW.version) THEN
          PERFORM pg_advisory_lock_shared(7402, 1);
        END IF;
        RETURN NEW;
      END $$;
      CREATE OR REPLACE TRIGGER held BEFORE INSERT ON copyhold.event
        FOR EACH ROW EXECUTE FUNCTION held.hold();
      """;

  private final Connection keeper;

  HeldWrites(Database control) throws SQLException {
    keeper = control.connect("held-writes");
    try (Statement s = keeper.createStatement()) {
      s.execute(DEFINITION);
      s.execute("SELECT pg_advisory_lock(7402, 1)");
    }
  }

  void hold(String persistenceId, long sequenceNumber) throws SQLException {
    try (PreparedStatement s = keeper.prepareStatement("INSERT INTO held.point VALUES (?, ?)")) {
      s.setString(1, persistenceId);
      s.setLong(2, sequenceNumber);
      s.executeUpdate();
    }
  }

  /** Writes that are held now. */
  int held() throws SQLException {
    return waiting().size();
  }

  /** Rolls them back and holds nothing any more. */
  int lose() throws SQLException {
    List<Integer> waiting = waiting();
    try (PreparedStatement s = keeper.prepareStatement("SELECT pg_terminate_backend(?, 10000)");
        Statement delete = keeper.createStatement()) {
      for (int pid : waiting) {
        s.setInt(1, pid);
        s.execute();
      }
      delete.execute("DELETE FROM held.point");
    }
    return waiting.size();
  }

  private List<Integer> waiting() throws SQLException {
    try (Statement s = keeper.createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 7402"
                    + " AND objid = 1 AND NOT granted")) {
      List<Integer> pids = new ArrayList<>();
      while (r.next()) {
        pids.add(r.getInt(1));
      }
      return pids;
    }
  }

  @Override
  public void close() throws SQLException {
    keeper.close();
  }
}
