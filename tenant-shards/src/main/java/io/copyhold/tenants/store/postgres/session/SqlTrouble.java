package io.copyhold.tenants.store.postgres.session;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What an SQLSTATE means to a caller: not now, or somebody must change something. Sources:
 * PostgreSQL's table of error codes; the driver's own 08xxx states.
 */
public final class SqlTrouble {
  private SqlTrouble() {}

  /**
   * The trouble as a problem. Holds the server's primary message, never its details, which show
   * rows.
   *
   * @param doing completes "while …"
   * @param where address, object or file
   */
  public static ProblemException of(SQLException trouble, String doing, String where) {
    SQLException e = deepest(trouble);
    String state = state(e);
    String said = said(e);
    Problem problem =
        switch (state) {
          case "28000", "28P01" ->
              Problem.conflict("store-login", "The server refused the login: " + said)
                  .todo("Mend the user, its password's secret, or the server's pg_hba.conf.");
          case "3D000" ->
              Problem.notFound("database-missing", "The database is not there: " + said)
                  .todo("Check the store again; that prepares it.");
          case "42501" ->
              Problem.conflict(
                      "store-privileges",
                      "The control role may not do this while " + doing + ": " + said)
                  .todo("Grant the privilege; checking the store lists what is missing.");
          case "53100" ->
              Problem.unavailable(
                      "store-full", "The server's disk is full while " + doing + ": " + said)
                  .todo("Free or add space; the work is taken up again by itself.");
          case "53300" ->
              Problem.unavailable("store-connections", "The server has no connection left: " + said)
                  .todo("Raise max_connections, or lower what applications use.");
          case "55P03" ->
              Problem.unavailable("lock-wait", "Others hold a lock while " + doing + ".")
                  .todo("It is tried again; end the sessions that hold locks for long.");
          case "55006" ->
              Problem.unavailable(
                  "store-object-busy", "Somebody uses it while " + doing + ": " + said);
          case "57014" ->
              Problem.unavailable("statement-cancelled", "Cancelled while " + doing + ".");
          case "40001", "40P01" ->
              Problem.unavailable(
                  "store-conflict", "Lost against another transaction while " + doing + ".");
          case "25006" ->
              Problem.unavailable("store-read-only", "The server is read only while " + doing + ".")
                  .todo("It may be a standby; register the primary's address.");
          default -> {
            if (state.equals("XX000") && said.startsWith("tuple concurrently")) {
              yield Problem.unavailable(
                  "store-conflict", "Somebody changed the same catalog row while " + doing + ".");
            }
            if ((state.equals("42P01") || state.equals("3F000")) && said.contains("copyhold")) {
              yield Problem.notFound(
                      "database-not-prepared", "Copyhold has no homes in this database.")
                  .todo("Check the store again; that prepares it.");
            }
            if (state.startsWith("08") || state.startsWith("57P") || state.startsWith("58")) {
              yield Problem.unavailable(
                      "store-unreachable",
                      "The server does not answer while " + doing + ": " + said)
                  .todo("Start the server, or mend the address; the work is taken up again.");
            }
            yield state.startsWith("53")
                ? Problem.unavailable(
                    "store-resources", "The server is short while " + doing + ": " + said)
                : Problem.conflict(
                    "store-refused",
                    "Refused with SQLSTATE " + state + " while " + doing + ": " + said);
          }
        };
    return new ProblemException(problem.at(where));
  }

  /** True for what a rolled back transaction may try again at once. */
  public static boolean lockWait(SQLException e) {
    String state = state(deepest(e));
    return state.equals("55P03") || state.equals("40P01");
  }

  public static String state(SQLException e) {
    String state = e.getSQLState();
    return state == null ? "08000" : state; // the pool's own: no connection in time
  }

  /** The server's message without detail, hint and context. */
  public static String said(SQLException e) {
    @Nullable ServerErrorMessage server = server(e);
    String text = server == null ? e.getMessage() : server.getMessage();
    return text == null ? "no message" : text.lines().findFirst().orElse("no message");
  }

  public static @Nullable ServerErrorMessage server(SQLException e) {
    return e instanceof PSQLException p ? p.getServerErrorMessage() : null;
  }

  /** A pool wraps what kept it from connecting. */
  private static SQLException deepest(SQLException e) {
    SQLException found = e;
    while (found.getCause() instanceof SQLException cause) {
      found = cause;
    }
    return found;
  }
}
