package io.copyhold.tenants.isolation;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;

/**
 * Where a home physically is on a PostgreSQL server, and whose.
 *
 * @param key the home's name within the store: {@code schema/acme}
 * @param database the database it is in, or is
 * @param schema where its tables are
 * @param owner role that owns schema and tables; nobody logs in as it
 * @param app group of the tenants' login roles: rows only, no structure
 */
public record Place(
    Isolation isolation, String key, String database, String schema, String owner, String app) {
  /** Schema of Copyhold itself in every database with homes. */
  public static final String CONTROL_SCHEMA = "copyhold";

  /** Where the tables of a database of its own are; {@code public} is anybody's. */
  public static final String OWN_SCHEMA = "app";

  private static final Set<String> RESERVED =
      Set.of("copyhold", "public", "information_schema", "postgres", "template0", "template1");

  /** Where a home goes that Copyhold makes. */
  public static Place of(HomeRef home, String sharedDatabase) {
    String name = home.name();
    if (RESERVED.contains(name) || name.startsWith("pg_") || name.equals(sharedDatabase)) {
      throw new ProblemException(
          Problem.invalid("home-name-reserved", "No home can be called " + name + ".")
              .at(home.toString())
              .todo("Choose another name."));
    }
    return switch (home.isolation()) {
      case DATABASE -> at(home, name, OWN_SCHEMA);
      case SCHEMA -> at(home, sharedDatabase, name);
      case POOL -> at(home, sharedDatabase, fit("pool_" + name));
    };
  }

  /** The same roles at a place that was there before. */
  public static Place at(HomeRef home, String database, String schema) {
    String kind = home.isolation().name().toLowerCase(Locale.ROOT);
    String stem = "ch_" + kind.charAt(0) + '_' + home.name();
    return new Place(
        home.isolation(),
        kind + '/' + home.name(),
        database,
        schema,
        fit(stem + "_owner"),
        fit(stem + "_app"));
  }

  /** The same, owned by another role. */
  public Place ownedBy(String role) {
    return new Place(isolation, key, database, schema, role, app);
  }

  /** The role that a tenant's applications log in as. */
  public static String login(String tenant) {
    return fit("t_" + tenant);
  }

  /** PostgreSQL cuts names at 63 bytes in silence: a longer one ends in its hash instead. */
  public static String fit(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= 63) {
      return name;
    }
    try {
      String hash =
          HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes), 0, 8);
      int end = name.length();
      while (name.substring(0, end).getBytes(StandardCharsets.UTF_8).length > 46) {
        end = name.offsetByCodePoints(end, -1);
      }
      return name.substring(0, end) + '_' + hash;
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }
}
