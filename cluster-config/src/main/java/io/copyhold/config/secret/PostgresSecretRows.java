package io.copyhold.config.secret;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.ControlSchema;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;

/** Sealed secrets in the control database. */
public final class PostgresSecretRows implements SecretRows {
  /** The tables, for {@link ControlSchema}. */
  public static final ControlSchema.Part SCHEMA =
      ControlSchema.Part.of(PostgresSecretRows.class, "110-secret.sql");

  private final DataSource database;

  /**
   * @param database the control database; the tables exist
   */
  public PostgresSecretRows(DataSource database) {
    this.database = database;
  }

  @Override
  public byte[] checkOr(byte[] first) {
    return on(c -> {
      try (PreparedStatement s =
          c.prepareStatement(
              "INSERT INTO copyhold.secret_key_check (sealed) VALUES (?) ON CONFLICT DO NOTHING")) {
        s.setBytes(1, first);
        s.executeUpdate();
      }
      return check(c).orElseThrow(); // perhaps of another node, which was first
    });
  }

  @Override
  public Optional<byte[]> check() {
    return on(PostgresSecretRows::check);
  }

  private static Optional<byte[]> check(Connection c) throws SQLException {
    try (PreparedStatement s = c.prepareStatement("SELECT sealed FROM copyhold.secret_key_check");
        ResultSet r = s.executeQuery()) {
      return r.next() ? Optional.of(r.getBytes(1)) : Optional.empty();
    }
  }

  @Override
  public void put(String name, byte[] sealed) {
    on(c -> {
      try (PreparedStatement s =
          c.prepareStatement(
              "INSERT INTO copyhold.secret AS old (name, version, sealed) VALUES (?, 1, ?)"
                  + " ON CONFLICT (name) DO UPDATE"
                  + " SET version = old.version + 1, sealed = EXCLUDED.sealed, created = now()")) {
        s.setString(1, name);
        s.setBytes(2, sealed);
        return s.executeUpdate();
      }
    });
  }

  @Override
  public void putIfAbsent(String name, byte[] sealed) {
    on(c -> {
      try (PreparedStatement s =
          c.prepareStatement(
              "INSERT INTO copyhold.secret (name, version, sealed) VALUES (?, 1, ?)"
                  + " ON CONFLICT DO NOTHING")) {
        s.setString(1, name);
        s.setBytes(2, sealed);
        return s.executeUpdate();
      }
    });
  }

  @Override
  public Optional<byte[]> get(String name) {
    return on(c -> {
      try (PreparedStatement s =
          c.prepareStatement("SELECT sealed FROM copyhold.secret WHERE name = ?")) {
        s.setString(1, name);
        try (ResultSet r = s.executeQuery()) {
          return r.next() ? Optional.of(r.getBytes(1)) : Optional.empty();
        }
      }
    });
  }

  @Override
  public boolean delete(String name) {
    return on(c -> {
      try (PreparedStatement s = c.prepareStatement("DELETE FROM copyhold.secret WHERE name = ?")) {
        s.setString(1, name);
        return s.executeUpdate() > 0;
      }
    });
  }

  @Override
  public boolean change(String name, UnaryOperator<byte[]> change) {
    return on(c -> {
      c.setAutoCommit(false);
      try (PreparedStatement select =
              c.prepareStatement("SELECT sealed FROM copyhold.secret WHERE name = ? FOR UPDATE");
          PreparedStatement update =
              c.prepareStatement("UPDATE copyhold.secret SET sealed = ? WHERE name = ?")) {
        select.setString(1, name);
        try (ResultSet r = select.executeQuery()) {
          if (!r.next()) {
            c.rollback();
            return false;
          }
          update.setBytes(1, change.apply(r.getBytes(1)));
        }
        update.setString(2, name);
        update.executeUpdate();
        c.commit();
        return true;
      } catch (SQLException | RuntimeException e) {
        c.rollback();
        throw e;
      } finally {
        c.setAutoCommit(true);
      }
    });
  }

  @Override
  public List<String> names() {
    return on(c -> {
      List<String> names = new ArrayList<>();
      try (PreparedStatement s =
              c.prepareStatement("SELECT name FROM copyhold.secret ORDER BY name");
          ResultSet r = s.executeQuery()) {
        while (r.next()) {
          names.add(r.getString(1));
        }
      }
      return names;
    });
  }

  private interface Work<T> {
    T with(Connection c) throws SQLException;
  }

  private <T> T on(Work<T> work) {
    try (Connection c = database.getConnection()) {
      return work.with(c);
    } catch (SQLException e) {
      throw new ProblemException(
          Problem.unavailable("secrets-away", "the control database does not give out secrets now")
              .todo("try again when it answers"),
          e);
    }
  }
}
