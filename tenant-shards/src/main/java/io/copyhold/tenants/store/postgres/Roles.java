package io.copyhold.tenants.store.postgres;

import static io.copyhold.runtime.postgres.Identifiers.literal;
import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.postgresql.PGConnection;

/**
 * Roles that Copyhold makes on a server. Each carries a comment that says what it is for, so that
 * nobody else's role is ever taken over or dropped.
 *
 * <p>A control role without superuser rights needs membership: in owners to act as them, in logins
 * to end their sessions. From PostgreSQL 16 on, whoever makes a role may grant it but is not its
 * member. It joins owners for good, and others only when it must: the server walks through all
 * roles that the control role is a member of each time it makes or grants another one.
 */
final class Roles {
  private static final int MEMBERSHIP_OPTIONS = 16;

  private Roles() {}

  /** A role that nobody logs in as, and that the control role can act as. */
  static void ensureOwner(Connection c, String role, String purpose) throws SQLException {
    ensureGroup(c, role, purpose);
    joinControl(c, role, true);
  }

  /** A role that others are members of; who made it can grant it, and needs no membership. */
  static void ensureGroup(Connection c, String role, String purpose) throws SQLException {
    if (!ours(role, purpose, look(c, role))) {
      Sql.run(c, created(role, "nologin", purpose));
    }
  }

  /**
   * A login role, in exactly one group; it gets this password's verifier whether it was there or
   * not.
   *
   * @param found what {@link #look} said of it
   * @param database where its {@code search_path} is {@code schema}
   */
  static void ensureLogin(
      Connection c,
      String role,
      String purpose,
      String verifier,
      Found found,
      String group,
      String database,
      String schema)
      throws SQLException {
    String options = "login inherit password " + literal(verifier);
    String name = quote(role);
    Sql.run(
        c,
        (ours(role, purpose, found)
                ? "alter role " + name + ' ' + options
                : created(role, options, purpose))
            + (found.groups().contains(group) ? "" : "; " + granted(c, group, role))
            + "; alter role "
            + name
            + " in database "
            + quote(database)
            + " set search_path = "
            + quote(schema));
  }

  private static String created(String role, String options, String purpose) {
    String name = quote(role);
    return "create role "
        + name
        + ' '
        + options
        + "; comment on role "
        + name
        + " is "
        + literal(purpose);
  }

  /** The member may do what the group may, and cannot become it. */
  static void join(Connection c, String group, String member) throws SQLException {
    Sql.run(c, granted(c, group, member));
  }

  private static String granted(Connection c, String group, String member) throws SQLException {
    return "grant "
        + quote(group)
        + " to "
        + quote(member)
        + (options(c) ? " with inherit true, set false" : "");
  }

  /**
   * What there is of a role.
   *
   * @param comment empty text when it has none; nothing when there is no such role
   * @param groups that it is a member of
   */
  record Found(Optional<String> comment, List<String> groups) {}

  static Found look(Connection c, String role) throws SQLException {
    return Sql.first(
            c,
            "select coalesce(shobj_description(r.oid, 'pg_authid'), ''), array(select g.rolname::text"
                + " from pg_auth_members m join pg_roles g on g.oid = m.roleid"
                + " where m.member = r.oid order by 1) from pg_roles r where r.rolname = ?",
            r ->
                new Found(
                    Optional.of(r.getString(1)), List.of((String[]) r.getArray(2).getArray())),
            role)
        .orElse(new Found(Optional.empty(), List.of()));
  }

  static boolean exists(Connection c, String role) throws SQLException {
    return Sql.any(c, "select from pg_roles where rolname = ?", role);
  }

  /** Whether it exists and is ours for this purpose; a foreign one is refused. */
  private static boolean ours(String role, String purpose, Found found) {
    Optional<String> comment = found.comment();
    if (comment.isPresent() && !comment.get().equals(purpose)) {
      throw new ProblemException(
          Problem.conflict("role-exists", "The role " + role + " is there already and is not ours.")
              .at(role)
              .todo("Rename or drop that role."));
    }
    return comment.isPresent();
  }

  /** Drops a login role of ours, whatever tenant it was for. */
  static void dropLogin(Connection c, String role) throws SQLException {
    Optional<String> purpose =
        look(c, role).comment().filter(it -> it.startsWith("copyhold tenant "));
    if (purpose.isPresent()) {
      drop(c, role, purpose.get());
    }
  }

  /** Drops the role when it is ours, with what it owns and may do in this database. */
  static void drop(Connection c, String role, String purpose) throws SQLException {
    if (look(c, role).comment().filter(purpose::equals).isEmpty()) {
      return;
    }
    joinControl(c, role, false);
    Sql.run(c, "drop owned by " + quote(role));
    Sql.run(c, "drop role " + quote(role));
  }

  /** The control role may end the sessions of this login from now on. */
  static void joinLogin(Connection c, String role) throws SQLException {
    joinControl(c, role, false);
  }

  /** The control role may act as this one; meant for a transaction that is thrown away. */
  static void actAs(Connection c, String role) throws SQLException {
    joinControl(c, role, true);
  }

  private static void joinControl(Connection c, String role, boolean act) throws SQLException {
    if (superuser(c)) {
      return;
    }
    if (options(c)) {
      Sql.run(
          c,
          "grant "
              + quote(role)
              + " to current_user with inherit true, set "
              + (act ? "true" : "false"));
    } else if (!Sql.any(
        c,
        "select from pg_auth_members m join pg_roles r on r.oid = m.roleid"
            + " where r.rolname = ? and m.member = current_user::regrole",
        role)) {
      Sql.run(c, "grant " + quote(role) + " to current_user");
    }
  }

  static boolean superuser(Connection c) throws SQLException {
    // the server tells it whenever it changes
    return "on".equals(c.unwrap(PGConnection.class).getParameterStatus("is_superuser"));
  }

  private static boolean options(Connection c) throws SQLException {
    return c.getMetaData().getDatabaseMajorVersion() >= MEMBERSHIP_OPTIONS;
  }
}
