package io.copyhold.tenants.store.postgres;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import io.copyhold.tenants.store.postgres.session.SqlTrouble;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/**
 * One question to a home, from somebody who may ask and nothing else: the role of the home's
 * applications, a transaction that reads only, one statement, a time limit. What could lead out of
 * that role is refused before. The control role's membership in it is granted in the same
 * transaction, which is thrown away: nothing of it remains.
 */
final class Probes {
  static final int QUERY_CHARS_MAX = 2_000;
  private static final int ANSWER_CHARS_MAX = 200;

  private final Sessions sessions;

  Probes(Sessions sessions) {
    this.sessions = sessions;
  }

  Optional<String> ask(Place place, String query, Duration limit) {
    refuse(place, query);
    return sessions.session(
        place.database(),
        "asking the home",
        c -> {
          c.setAutoCommit(false);
          try {
            return ask(c, place, query, limit);
          } catch (SQLException e) {
            String state = SqlTrouble.state(e);
            if (state.startsWith("08") || state.matches("57P0[123]")) {
              throw e;
            }
            throw new ProblemException(
                Problem.conflict("probe-failed", "SQLSTATE " + state + ": " + SqlTrouble.said(e))
                    .at(place.key())
                    .todo("Try the query by hand as " + place.app() + "."),
                e);
          } finally {
            if (!c.isClosed()) {
              c.rollback();
              c.setAutoCommit(true);
            }
          }
        });
  }

  private static Optional<String> ask(Connection c, Place place, String query, Duration limit)
      throws SQLException {
    Sessions.limits(c, limit, limit);
    Roles.actAs(c, place.app());
    Sql.run(c, "set transaction read only");
    Sql.first(
        c,
        "select set_config('search_path', ?, true), set_config('role', ?, true)",
        row -> true,
        quote(place.schema()),
        place.app());
    try (Statement s = c.createStatement()) {
      s.setEscapeProcessing(false);
      s.setMaxRows(1);
      try (ResultSet r = s.executeQuery(query)) {
        return r.next()
            ? Optional.ofNullable(r.getString(1))
                .map(text ->
                    text.length() <= ANSWER_CHARS_MAX ? text : text.substring(0, ANSWER_CHARS_MAX))
            : Optional.empty();
      }
    }
  }

  private static void refuse(Place place, String query) {
    SqlScript script = SqlScript.parse(query);
    String text = query.toLowerCase(Locale.ROOT);
    String why =
        query.length() > QUERY_CHARS_MAX
            ? "has more than " + QUERY_CHARS_MAX + " characters"
            : script.parts().size() != 1
                ? "is not one statement"
                : !reads(script.parts().getFirst())
                    ? "does not begin with SELECT, WITH, TABLE or VALUES"
                    : text.contains("set_config") || text.contains("pg_read_")
                        ? "changes a setting or reads the server's files"
                        : null;
    if (why != null) {
      throw new ProblemException(
          Problem.invalid("probe-refused", "The probe's query " + why + ".")
              .at(place.key())
              .todo("Ask with one SELECT whose first value says that all is well."));
    }
  }

  private static boolean reads(SqlScript.Part part) {
    return part.starts("SELECT")
        || part.starts("WITH")
        || part.starts("TABLE")
        || part.starts("VALUES");
  }
}
