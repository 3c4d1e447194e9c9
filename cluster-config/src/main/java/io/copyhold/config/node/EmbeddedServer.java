package io.copyhold.config.node;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.postgres.Database;
import io.copyhold.runtime.postgres.EmbeddedPostgres;
import io.copyhold.runtime.postgres.EmbeddedPostgresSettings;
import io.copyhold.runtime.postgres.Identifiers;
import io.copyhold.runtime.postgres.Passwords;
import io.copyhold.runtime.postgres.ScramVerifier;
import io.copyhold.runtime.process.ProtectedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * A running embedded server with the role that Copyhold works as: never the superuser.
 *
 * @param server the server
 */
@PortAdapter
record EmbeddedServer(EmbeddedPostgres server) implements Child.Running {
  /** Owner of the control database; creates databases and roles in a store. */
  static final String ROLE = "copyhold";

  /**
   * What a store's administrator needs besides ownership; the control database needs none of it.
   */
  private static final String STORE_RIGHTS = "CREATEDB CREATEROLE REPLICATION BYPASSRLS";

  /** Base backups are streamed by the role itself. */
  private static final String BACKUP_RIGHTS = "REPLICATION";

  /** Starts the control database's server and makes the database {@code copyhold}. */
  static EmbeddedServer control(EmbeddedPostgresSettings settings)
      throws IOException, SQLException {
    EmbeddedServer started = start(settings, BACKUP_RIGHTS);
    try (Connection c = started.admin();
        Statement s = c.createStatement()) {
      try (PreparedStatement there =
          c.prepareStatement("SELECT FROM pg_database WHERE datname = ?")) {
        there.setString(1, ROLE);
        try (ResultSet r = there.executeQuery()) {
          if (!r.next()) {
            s.execute(
                "CREATE DATABASE " + Identifiers.quote(ROLE) + " OWNER " + Identifiers.quote(ROLE));
          }
        }
      }
      return started;
    } catch (SQLException e) {
      started.stop();
      throw e;
    }
  }

  /** Starts an example store's server; its role may do what a store's administrator does. */
  static EmbeddedServer store(EmbeddedPostgresSettings settings) throws IOException, SQLException {
    return start(settings, STORE_RIGHTS);
  }

  private static EmbeddedServer start(EmbeddedPostgresSettings settings, String rights)
      throws IOException, SQLException {
    EmbeddedServer started = new EmbeddedServer(EmbeddedPostgres.start(settings));
    try {
      Path file = passwordFile(settings.directory());
      if (!Files.exists(file)) {
        ProtectedFile.create(file, Passwords.random(new SecureRandom()));
      }
      started.makeRole(ProtectedFile.secret(file).get(), rights);
      return started;
    } catch (IOException | SQLException | RuntimeException e) {
      started.stop();
      throw e;
    }
  }

  /** Where the role's password stands. */
  static Path passwordFile(Path directory) {
    return directory.resolve("copyhold.password");
  }

  private void makeRole(String password, String rights) throws SQLException {
    try (Connection c = admin();
        Statement s = c.createStatement()) {
      String role = Identifiers.quote(ROLE);
      boolean there;
      try (PreparedStatement ask = c.prepareStatement("SELECT FROM pg_roles WHERE rolname = ?")) {
        ask.setString(1, ROLE);
        try (ResultSet r = ask.executeQuery()) {
          there = r.next();
        }
      }
      s.execute(
          (there ? "ALTER ROLE " : "CREATE ROLE ")
              + role
              + " LOGIN "
              + rights
              + " PASSWORD "
              + Identifiers.literal(ScramVerifier.of(password.toCharArray(), new SecureRandom())));
      if (rights.equals(STORE_RIGHTS)) {
        for (String group :
            List.of("pg_monitor", "pg_signal_backend", "pg_signal_autovacuum_worker")) {
          s.execute("GRANT " + Identifiers.quote(group) + " TO " + role);
        }
        // a member of each role it makes would be slower with each: the store joins what it must
        s.execute("ALTER ROLE " + role + " RESET createrole_self_grant");
      }
    }
  }

  private Connection admin() throws SQLException {
    Database database = server.database("postgres");
    return database.connect("copyhold-supervisor");
  }

  @Override
  public long pid() {
    return server.pid();
  }

  @Override
  public CompletableFuture<Integer> exited() {
    return server.exited();
  }

  @Override
  public void stop() {
    server.close();
  }
}
