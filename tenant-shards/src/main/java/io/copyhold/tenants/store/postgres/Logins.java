package io.copyhold.tenants.store.postgres;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.ScramVerifier;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.postgres.session.Pause;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.random.RandomGenerator;

/** Tenants' login roles: one per tenant and store, member of exactly one home's group. */
final class Logins {
  private final Sessions sessions;
  private final Pause pause;
  private final StoreSettings settings;
  private final RandomGenerator random;

  Logins(Sessions sessions, Pause pause, StoreSettings settings, RandomGenerator random) {
    this.sessions = sessions;
    this.pause = pause;
    this.settings = settings;
    this.random = random;
  }

  static String purpose(String tenant) {
    return "copyhold tenant " + tenant;
  }

  /** The verifier of a password: some milliseconds of work, so done before any lock is held. */
  String verifier(String password) {
    return ScramVerifier.of(password.toCharArray(), random);
  }

  /** Makes the role, or gives it this verifier; it becomes a member of the home's group. */
  void open(Connection c, Place place, String tenant, String verifier) throws SQLException {
    String role = Place.login(tenant);
    Roles.Found found = Roles.look(c, role);
    for (String group : found.groups()) {
      if (!group.equals(place.app())) {
        throw new ProblemException(
            Problem.conflict("tenant-elsewhere", "The tenant's role belongs to another home here.")
                .at(role + " in " + group)
                .todo("Take the tenant out of that home first."));
      }
    }
    Roles.ensureLogin(
        c, role, purpose(tenant), verifier, found, place.app(), place.database(), place.schema());
  }

  void close(Connection c, String tenant) throws SQLException {
    if (Roles.exists(c, Place.login(tenant))) {
      Sql.run(c, "alter role " + quote(Place.login(tenant)) + " nologin");
    }
  }

  void reopen(Connection c, String tenant) throws SQLException {
    Sql.run(c, "alter role " + quote(Place.login(tenant)) + " login");
  }

  void drop(Connection c, String tenant) throws SQLException {
    Roles.drop(c, Place.login(tenant), purpose(tenant));
  }

  /** Ends the tenant's sessions in every database of the server and waits until they are gone. */
  void endSessions(String database, String tenant) {
    String role = Place.login(tenant);
    sessions.session(
        database,
        "ending the tenant's sessions",
        c -> {
          if (Roles.exists(c, role)) {
            Roles.joinLogin(c, role);
          }
          pause.until(
              settings.sessionsEndLimit(),
              () ->
                  Sql.list(
                          c,
                          "select pg_terminate_backend(pid) from pg_stat_activity where usename = ?",
                          r -> r.getBoolean(1),
                          role)
                      .isEmpty(),
              () ->
                  Problem.unavailable("sessions-linger", "Sessions of the tenant do not end.")
                      .at(role)
                      .todo("It is tried again; look at pg_stat_activity."));
          return true;
        });
  }
}
