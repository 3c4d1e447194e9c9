package io.copyhold.tenants.store.postgres;

import static io.copyhold.runtime.postgres.Identifiers.literal;
import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * Roles that Copyhold makes on a server. Each carries a comment that says what it is for, so that
 * nobody else's role is ever taken over or dropped.
 *
 * <p>A control role without superuser rights needs membership: in owners to act as them, in logins
 * to end their sessions. From PostgreSQL 16 on, whoever makes a role may grant it but is not its
 * member.
 */
final class Roles {
  private static final int MEMBERSHIP_OPTIONS = 16;

  private Roles() {}

  /** A role that nobody logs in as, and that the control role can act as. */
  static void ensureGroup(Connection c, String role, String purpose) throws SQLException {
    if (!exists(c, role, purpose)) {
      Sql.run(c, "create role " + quote(role) + " nologin");
      comment(c, role, purpose);
    }
    joinControl(c, role, true);
  }

  /** A login role; it gets this password's verifier whether it was there or not. */
  static void ensureLogin(Connection c, String role, String purpose, String verifier)
      throws SQLException {
    boolean found = exists(c, role, purpose);
    Sql.run(
        c,
        (found ? "alter role " : "create role ")
            + quote(role)
            + " login inherit password "
            + literal(verifier));
    if (!found) {
      comment(c, role, purpose);
    }
    joinControl(c, role, false);
  }

  /** The member may do what the group may, and cannot become it. */
  static void join(Connection c, String group, String member) throws SQLException {
    Sql.run(
        c,
        "grant "
            + quote(group)
            + " to "
            + quote(member)
            + (options(c) ? " with inherit true, set false" : ""));
  }

  /** Groups that the role is a member of. */
  static List<String> groups(Connection c, String role) throws SQLException {
    return Sql.strings(
        c,
        "select g.rolname from pg_auth_members m join pg_roles g on g.oid = m.roleid"
            + " join pg_roles r on r.oid = m.member where r.rolname = ? order by 1",
        role);
  }

  static boolean exists(Connection c, String role) throws SQLException {
    return Sql.any(c, "select from pg_roles where rolname = ?", role);
  }

  /** Whether it exists and is ours for this purpose; a foreign one is refused. */
  private static boolean exists(Connection c, String role, String purpose) throws SQLException {
    Optional<String> comment = commentOf(c, role);
    if (comment.isPresent() && !comment.get().equals(purpose)) {
      throw new ProblemException(
          Problem.conflict("role-exists", "The role " + role + " is there already and is not ours.")
              .at(role)
              .todo("Rename or drop that role."));
    }
    return comment.isPresent();
  }

  /** The comment, empty text when there is none, nothing when there is no such role. */
  private static Optional<String> commentOf(Connection c, String role) throws SQLException {
    return Sql.first(
        c,
        "select coalesce(shobj_description(oid, 'pg_authid'), '') from pg_roles where rolname = ?",
        r -> r.getString(1),
        role);
  }

  /** Drops a login role of ours, whatever tenant it was for. */
  static void dropLogin(Connection c, String role) throws SQLException {
    Optional<String> purpose = commentOf(c, role).filter(it -> it.startsWith("copyhold tenant "));
    if (purpose.isPresent()) {
      drop(c, role, purpose.get());
    }
  }

  /** Drops the role when it is ours, with what it owns and may do in this database. */
  static void drop(Connection c, String role, String purpose) throws SQLException {
    if (commentOf(c, role).filter(purpose::equals).isEmpty()) {
      return;
    }
    joinControl(c, role, false);
    Sql.run(c, "drop owned by " + quote(role));
    Sql.run(c, "drop role " + quote(role));
  }

  private static void comment(Connection c, String role, String purpose) throws SQLException {
    Sql.run(c, "comment on role " + quote(role) + " is " + literal(purpose));
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
    return Sql.any(c, "select from pg_roles where rolname = current_user and rolsuper");
  }

  private static boolean options(Connection c) throws SQLException {
    return c.getMetaData().getDatabaseMajorVersion() >= MEMBERSHIP_OPTIONS;
  }
}
