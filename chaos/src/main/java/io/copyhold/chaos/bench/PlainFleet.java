package io.copyhold.chaos.bench;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.postgres.Database;
import io.copyhold.tenants.store.Script;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * The floor: the same files over plain JDBC and a pool, each with a row of history in its
 * transaction. No fence, no owner, no limit, no checksum; not a tool, but what the server itself
 * takes.
 */
final class PlainFleet implements FleetSide {
  private static final String DATABASE = "plain";

  private final BenchPool.Open pool;
  private final List<Script> scripts;

  PlainFleet(Database server, List<Script> scripts, int threads) throws SQLException {
    this.scripts = List.copyOf(scripts);
    try (Connection c = server.connect("copyhold-bench");
        Statement s = c.createStatement()) {
      s.execute("CREATE DATABASE " + DATABASE);
    }
    this.pool = BenchPool.open(server.withName(DATABASE), threads);
    try (Connection c = pool.connections().getConnection();
        Statement s = c.createStatement()) {
      s.execute("CREATE TABLE history (home text, position int, PRIMARY KEY (home, position))");
    }
  }

  @Override
  public String name() {
    return "plain JDBC";
  }

  @Override
  public void create(String home) throws SQLException {
    try (Connection c = pool.connections().getConnection();
        Statement s = c.createStatement()) {
      s.execute("CREATE SCHEMA " + quote(home));
    }
  }

  @Override
  public void apply(String home) throws SQLException {
    try (Connection c = pool.connections().getConnection();
        Statement s = c.createStatement()) {
      c.setAutoCommit(false);
      for (Script script : scripts) {
        s.execute("SET LOCAL search_path = " + quote(home));
        s.execute(script.sql());
        try (PreparedStatement row =
            c.prepareStatement("INSERT INTO public.history VALUES (?, ?)")) {
          row.setString(1, home);
          row.setInt(2, script.position());
          row.executeUpdate();
        }
        c.commit();
      }
      c.setAutoCommit(true);
    }
  }

  @Override
  public void requireCurrent(String home) throws SQLException {
    try (Connection c = pool.connections().getConnection();
        PreparedStatement s =
            c.prepareStatement("SELECT count(*) FROM public.history WHERE home = ?")) {
      s.setString(1, home);
      try (ResultSet r = s.executeQuery()) {
        r.next();
        if (r.getInt(1) != scripts.size()) {
          throw new IllegalStateException("not current: " + home);
        }
      }
    }
  }

  @Override
  public void close() {
    pool.close();
  }
}
