package io.copyhold.chaos.demo;

import io.copyhold.runtime.postgres.Identifiers;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/** Tries, with one tenant's login, to reach another tenant's rows in the same store. */
final class Intruder {
  /** The class of SQLSTATEs that says no: privileges, row-level security. */
  private static final String NO_PRIVILEGE = "42501";

  private Intruder() {}

  /**
   * Reads and writes what is the victim's.
   *
   * @return how it got in, or empty when it did not
   */
  static Optional<String> attempt(Login intruder, Login victim) throws SQLException {
    return switch (victim.isolation()) {
      case "database" -> database(intruder, victim);
      case "schema" -> schema(intruder, victim);
      default -> pool(intruder, victim);
    };
  }

  private static Optional<String> database(Login intruder, Login victim) throws SQLException {
    try (Connection c = intruder.database().withName(victim.database().name()).connect("demo")) {
      return Optional.of(
          intruder.tenant() + " could connect to the database of " + victim.tenant());
    } catch (SQLException e) {
      return refused(e);
    }
  }

  private static Optional<String> schema(Login intruder, Login victim) throws SQLException {
    if (intruder.isolation().equals("database")) {
      return database(intruder, victim);
    }
    try (Connection c = intruder.connect();
        Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "select count(*) from " + Identifiers.quote(victim.schema()) + ".customer")) {
      return Optional.of(intruder.tenant() + " could read the schema of " + victim.tenant());
    } catch (SQLException e) {
      return refused(e);
    }
  }

  private static Optional<String> pool(Login intruder, Login victim) throws SQLException {
    if (!intruder.home().equals(victim.home())) {
      return schema(intruder, victim);
    }
    try (Connection c = intruder.connect()) {
      try (PreparedStatement s =
          c.prepareStatement("select count(*) from customer where tenant_id = ?")) {
        s.setString(1, victim.tenant());
        try (ResultSet r = s.executeQuery()) {
          r.next();
          if (r.getLong(1) > 0) {
            return Optional.of(intruder.tenant() + " could read the rows of " + victim.tenant());
          }
        }
      }
      try (PreparedStatement s =
          c.prepareStatement(
              "insert into customer (tenant_id, id, name, email, city)"
                  + " values (?, -1, 'x', 'x', 'x')")) {
        s.setString(1, victim.tenant());
        s.executeUpdate();
        return Optional.of(intruder.tenant() + " could write a row of " + victim.tenant());
      } catch (SQLException e) {
        return refused(e);
      }
    }
  }

  private static Optional<String> refused(SQLException e) throws SQLException {
    if (NO_PRIVILEGE.equals(e.getSQLState())) {
      return Optional.empty();
    }
    throw e;
  }
}
