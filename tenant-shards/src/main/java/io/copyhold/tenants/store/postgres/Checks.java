package io.copyhold.tenants.store.postgres;

import io.copyhold.runtime.Problem;
import io.copyhold.tenants.store.StoreReport;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a server is and what the control role may do there: which rights are missing, and what goes
 * without.
 */
final class Checks {
  private static final int OLDEST = 150_000;
  private static final int NEWEST_TRIED = 190_000;

  private Checks() {}

  private record Facts(
      String version,
      int number,
      int connectionsMax,
      boolean superuser,
      boolean createDatabase,
      boolean createRole,
      boolean bypassRls,
      boolean readOnly,
      boolean signals,
      boolean readsStatistics,
      String walLevel,
      boolean shared,
      boolean sharedCreate,
      String serverId) {}

  static StoreReport of(Connection c, String sharedDatabase, String where) throws SQLException {
    Facts f =
        Sql.first(
                c,
                """
                select split_part(version(), ' ', 2), current_setting('server_version_num')::int,
                  current_setting('max_connections')::int, r.rolsuper, r.rolcreatedb, r.rolcreaterole,
                  r.rolbypassrls, pg_is_in_recovery() or current_setting('default_transaction_read_only')::boolean,
                  pg_has_role('pg_signal_backend', 'MEMBER'), pg_has_role('pg_read_all_stats', 'MEMBER'),
                  current_setting('wal_level'),
                  exists (select from pg_database where datname = ?),
                  coalesce((select has_database_privilege(oid, 'CREATE') from pg_database where datname = ?), false),
                  case when has_function_privilege('pg_control_system()', 'EXECUTE')
                    then (select system_identifier::text from pg_control_system()) else '' end
                from pg_roles r where r.rolname = current_user
                """,
                r ->
                    new Facts(
                        r.getString(1),
                        r.getInt(2),
                        r.getInt(3),
                        r.getBoolean(4),
                        r.getBoolean(5),
                        r.getBoolean(6),
                        r.getBoolean(7),
                        r.getBoolean(8),
                        r.getBoolean(9),
                        r.getBoolean(10),
                        r.getString(11),
                        r.getBoolean(12),
                        r.getBoolean(13),
                        r.getString(14)),
                sharedDatabase,
                sharedDatabase)
            .orElseThrow();
    return new StoreReport(
        "PostgreSQL " + f.version(),
        f.serverId(),
        f.connectionsMax(),
        f.superuser(),
        missing(f, sharedDatabase).stream().map(p -> p.at(where)).toList(),
        degraded(f).stream().map(p -> p.at(where)).toList());
  }

  private static List<Problem> missing(Facts f, String sharedDatabase) {
    List<Problem> missing = new ArrayList<>();
    if (f.number() < OLDEST) {
      missing.add(
          Problem.invalid(
                  "server-too-old",
                  "PostgreSQL "
                      + f.version()
                      + " knows no security-invoker views; pools need 15 or later.")
              .todo("Upgrade the server."));
    }
    if (f.readOnly()) {
      missing.add(
          Problem.conflict(
                  "store-read-only", "The server takes no writes: it is a standby or set so.")
              .todo("Register the primary's address."));
    }
    if (!f.superuser() && !f.createRole()) {
      missing.add(
          Problem.conflict("missing-createrole", "The control role may not create roles.")
              .todo("ALTER ROLE … CREATEROLE: every tenant gets a login of its own."));
    }
    if (!f.superuser() && !f.createDatabase() && !f.shared()) {
      missing.add(
          Problem.conflict(
                  "missing-createdb",
                  "The control role may not create databases, and "
                      + sharedDatabase
                      + " is not there.")
              .todo(
                  "ALTER ROLE … CREATEDB, or create that database with the control role as owner."));
    }
    if (!f.superuser() && f.shared() && !f.sharedCreate()) {
      missing.add(
          Problem.conflict(
                  "missing-create",
                  "The control role may not create schemas in " + sharedDatabase + ".")
              .todo("GRANT CREATE ON DATABASE … to the control role."));
    }
    return missing;
  }

  private static List<Problem> degraded(Facts f) {
    List<Problem> degraded = new ArrayList<>();
    if (!f.superuser() && !f.createDatabase() && f.shared()) {
      degraded.add(
          Problem.conflict("no-database-homes", "The control role may not create databases.")
              .todo("ALTER ROLE … CREATEDB; until then tenants get schemas and pools."));
    }
    if (!f.superuser() && !f.readsStatistics()) {
      degraded.add(
          Problem.conflict(
                  "no-statistics",
                  "Sessions of other roles are hidden, so a lock's holder shows only its pid.")
              .todo("GRANT pg_read_all_stats TO the control role."));
    }
    if (!f.superuser() && !f.signals()) {
      degraded.add(
          Problem.conflict(
                  "no-signals",
                  "Only sessions of our own tenants can be ended, not those that block them.")
              .todo("GRANT pg_signal_backend TO the control role."));
    }
    if (!f.walLevel().equals("logical")) {
      degraded.add(
          Problem.conflict("no-change-feed", "wal_level is " + f.walLevel() + ": no live moves.")
              .todo("Set wal_level = logical and restart the server."));
    }
    if (f.superuser()) {
      degraded.add(
          Problem.conflict("superuser", "The control role is a superuser and need not be.")
              .todo("Use a role with CREATEDB and CREATEROLE."));
    }
    if (f.number() >= NEWEST_TRIED) {
      degraded.add(
          Problem.conflict(
                  "server-untried",
                  "Copyhold has not been tried on PostgreSQL " + f.version() + ".")
              .todo("Try it beside production first."));
    }
    return degraded;
  }
}
