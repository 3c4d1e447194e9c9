package io.copyhold.config.secret;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.ControlSchema;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Secrets in the control database, sealed (AES-256-GCM) under a key file outside it. The name is
 * bound into the seal, so a row copied under another name does not open.
 *
 * <p>Every machine needs the same key file. When another process on this machine rotated the key,
 * the file is read again.
 */
public final class PostgresSecrets implements Secrets {
  /** The tables, for {@link ControlSchema}. */
  public static final ControlSchema.Part SCHEMA =
      ControlSchema.Part.of(PostgresSecrets.class, "110-secret.sql");

  /** Not the name of any secret: a {@link SecretRef} has no space. */
  private static final byte[] CHECK = "copyhold key check".getBytes(StandardCharsets.UTF_8);

  private final DataSource database;
  private final Path file;
  private volatile KeyFile key;

  private PostgresSecrets(DataSource database, Path file, KeyFile key) {
    this.database = database;
    this.file = file;
    this.key = key;
  }

  /**
   * Opens the store. The key file is made at the first use, when the database holds nothing sealed.
   *
   * @param database the control database; the tables exist
   * @throws ProblemException the key file is missing, open to other users or not the one that this
   *     database was sealed with, or the database is away
   */
  public static PostgresSecrets open(DataSource database, Path keyFile) {
    try (Connection c = database.getConnection()) {
      byte[] check = check(c);
      KeyFile key = check == null ? KeyFile.readOrCreate(keyFile) : KeyFile.read(keyFile);
      if (check == null) {
        try (PreparedStatement s =
            c.prepareStatement(
                "INSERT INTO copyhold.secret_key_check (sealed) VALUES (?)"
                    + " ON CONFLICT DO NOTHING")) {
          s.setBytes(1, key.seal(CHECK, CHECK));
          s.executeUpdate();
        }
        check = check(c); // perhaps of another node, which was first
      }
      requireSameKey(key, keyFile, check);
      return new PostgresSecrets(database, keyFile, key);
    } catch (SQLException e) {
      throw away(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot seal", e);
    }
  }

  @Override
  public void put(SecretRef ref, Secret secret) {
    try (Connection c = database.getConnection();
        PreparedStatement s =
            c.prepareStatement(
                "INSERT INTO copyhold.secret AS old (name, version, sealed) VALUES (?, 1, ?)"
                    + " ON CONFLICT (name) DO UPDATE"
                    + " SET version = old.version + 1, sealed = EXCLUDED.sealed, created = now()")) {
      s.setString(1, ref.name());
      s.setBytes(2, seal(ref, secret));
      s.executeUpdate();
    } catch (SQLException e) {
      throw away(e);
    }
  }

  @Override
  public Optional<Secret> get(SecretRef ref) {
    try (Connection c = database.getConnection()) {
      return read(c, ref);
    } catch (SQLException e) {
      throw away(e);
    }
  }

  @Override
  public Secret getOrPut(SecretRef ref, Supplier<Secret> make) {
    try (Connection c = database.getConnection()) {
      Optional<Secret> there = read(c, ref);
      while (there.isEmpty()) {
        try (PreparedStatement s =
            c.prepareStatement(
                "INSERT INTO copyhold.secret (name, version, sealed) VALUES (?, 1, ?)"
                    + " ON CONFLICT DO NOTHING")) {
          s.setString(1, ref.name());
          s.setBytes(2, seal(ref, make.get()));
          s.executeUpdate();
        }
        there = read(c, ref); // empty only when it was deleted meanwhile
      }
      return there.get();
    } catch (SQLException e) {
      throw away(e);
    }
  }

  @Override
  public boolean delete(SecretRef ref) {
    try (Connection c = database.getConnection();
        PreparedStatement s = c.prepareStatement("DELETE FROM copyhold.secret WHERE name = ?")) {
      s.setString(1, ref.name());
      return s.executeUpdate() > 0;
    } catch (SQLException e) {
      throw away(e);
    }
  }

  /**
   * Adds a fresh key to the key file and seals every secret again under it, one by one; safe to
   * repeat after a crash. Old keys stay in the file, for backups of the database. With several
   * machines, copy the new file to the others before they read a secret.
   *
   * @return how many secrets were sealed again
   */
  public int rotate() {
    key = KeyFile.read(file).rotate(file);
    try (Connection c = database.getConnection()) {
      int sealed = 0;
      for (String name : names(c)) {
        sealed += sealAgain(c, new SecretRef(name));
      }
      return sealed;
    } catch (SQLException e) {
      throw away(e);
    }
  }

  private int sealAgain(Connection c, SecretRef ref) throws SQLException {
    c.setAutoCommit(false);
    try (PreparedStatement select =
            c.prepareStatement("SELECT sealed FROM copyhold.secret WHERE name = ? FOR UPDATE");
        PreparedStatement update =
            c.prepareStatement("UPDATE copyhold.secret SET sealed = ? WHERE name = ?")) {
      select.setString(1, ref.name());
      try (ResultSet r = select.executeQuery()) {
        if (!r.next()) {
          c.rollback();
          return 0;
        }
        update.setBytes(1, seal(ref, unseal(ref, r.getBytes(1))));
      }
      update.setString(2, ref.name());
      int rows = update.executeUpdate();
      c.commit();
      return rows;
    } catch (SQLException | RuntimeException e) {
      c.rollback();
      throw e;
    } finally {
      c.setAutoCommit(true);
    }
  }

  private static List<String> names(Connection c) throws SQLException {
    List<String> names = new ArrayList<>();
    try (PreparedStatement s =
            c.prepareStatement("SELECT name FROM copyhold.secret ORDER BY name");
        ResultSet r = s.executeQuery()) {
      while (r.next()) {
        names.add(r.getString(1));
      }
    }
    return names;
  }

  private Optional<Secret> read(Connection c, SecretRef ref) throws SQLException {
    try (PreparedStatement s =
        c.prepareStatement("SELECT sealed FROM copyhold.secret WHERE name = ?")) {
      s.setString(1, ref.name());
      try (ResultSet r = s.executeQuery()) {
        return r.next() ? Optional.of(unseal(ref, r.getBytes(1))) : Optional.empty();
      }
    }
  }

  private byte[] seal(SecretRef ref, Secret secret) {
    try {
      return key.seal(secret.revealBytes(), bound(ref));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot seal " + ref, e);
    }
  }

  private Secret unseal(SecretRef ref, byte[] sealed) {
    try {
      return Secret.of(key.open(sealed, bound(ref)));
    } catch (GeneralSecurityException e) {
      key = KeyFile.read(file); // another process may have added a key
    }
    try {
      return Secret.of(key.open(sealed, bound(ref)));
    } catch (GeneralSecurityException e) {
      throw new ProblemException(
          "secret-unreadable",
          "The secret " + ref + " in the control database cannot be opened with " + file + ".",
          "It was changed in the database, or sealed under a key that this file lacks: put it anew"
              + " or restore the newest key file.",
          e);
    }
  }

  private static byte[] bound(SecretRef ref) {
    return ref.name().getBytes(StandardCharsets.UTF_8);
  }

  private static byte @Nullable [] check(Connection c) throws SQLException {
    try (PreparedStatement s = c.prepareStatement("SELECT sealed FROM copyhold.secret_key_check");
        ResultSet r = s.executeQuery()) {
      return r.next() ? r.getBytes(1) : null;
    }
  }

  private static void requireSameKey(KeyFile key, Path file, byte @Nullable [] check) {
    try {
      if (check != null && key.open(check, CHECK).length == CHECK.length) {
        return;
      }
    } catch (GeneralSecurityException e) {
      // said below
    }
    throw new ProblemException(
        "key-file-wrong",
        "The key file "
            + file
            + " is not the one that the secrets of this database are sealed with.",
        "Restore the right key file; it was made beside the first node of this database.");
  }

  private static ProblemException away(SQLException e) {
    return new ProblemException(
        Problem.unavailable("secrets-away", "the control database does not give out secrets now")
            .todo("try again when it answers"),
        e);
  }
}
