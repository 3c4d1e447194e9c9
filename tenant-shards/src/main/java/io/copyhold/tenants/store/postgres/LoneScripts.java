package io.copyhold.tenants.store.postgres;

import static io.copyhold.runtime.postgres.Identifiers.quote;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.isolation.Isolation;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.isolation.Preflight;
import io.copyhold.tenants.store.Applied;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.StoreSettings;
import io.copyhold.tenants.store.postgres.session.Exclusive;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Pause;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import io.copyhold.tenants.store.postgres.session.SqlTrouble;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Runs a statement that cannot run in a transaction, once in the end: an intent is written before,
 * the ledger's row after, and an attempt that finds the intent looks at what became of it. An index
 * that an interrupted attempt left invalid is dropped and built again; {@code IF NOT EXISTS} would
 * take it for a good one. No lock timeout: it would leave just such an index.
 */
final class LoneScripts {
  private final Sessions sessions;
  private final HomeBook book;
  private final Exclusive exclusive;
  private final Scripts scripts;
  private final Pause pause;
  private final StoreSettings settings;

  LoneScripts(
      Sessions sessions,
      HomeBook book,
      Exclusive exclusive,
      Scripts scripts,
      Pause pause,
      StoreSettings settings) {
    this.sessions = sessions;
    this.book = book;
    this.exclusive = exclusive;
    this.scripts = scripts;
    this.pause = pause;
    this.settings = settings;
  }

  Applied apply(Place place, Script script, Fence fence) {
    SqlScript parts = SqlScript.parse(script.sql());
    SqlScript.Part statement = only(parts, script);
    Optional<String> index = index(statement);
    return exclusive.run(
        place.database(),
        place,
        fence,
        "applying " + script.file(),
        c -> {
          Optional<Applied> already =
              change(
                  c,
                  tx -> {
                    book.enterReady(tx, place, fence, null);
                    Optional<Applied> done =
                        scripts.already(book.standing(tx, place, script.position()), place, script);
                    if (done.isEmpty()) {
                      begin(tx, place, script, index);
                    }
                    return done;
                  });
          if (already.isPresent()) {
            return already.get();
          }
          Instant begun = pause.clock().instant();
          run(c, place, script, parts, statement, index);
          long millis = Duration.between(begun, pause.clock().instant()).toMillis();
          List<Problem> broken =
              place.isolation() == Isolation.POOL
                  ? change(c, tx -> Preflight.check(tx, place))
                  : List.of();
          if (!broken.isEmpty()) {
            if (index.isPresent()) {
              dropIndex(c, place, index.get());
            }
            change(c, tx -> forget(tx, place, script));
            throw new ProblemException(Scripts.broken(place, script, broken));
          }
          return change(
              c,
              tx -> {
                book.enterReady(tx, place, fence, null);
                book.record(tx, place, script, fence.key(), millis, false);
                forget(tx, place, script);
                return new Applied(false, millis);
              });
        });
  }

  private <T> T change(Connection c, Sessions.Work<T> work) throws SQLException {
    return sessions.transaction(c, false, settings.lockLimit(), work);
  }

  private static boolean forget(Connection c, Place place, Script script) throws SQLException {
    Sql.update(
        c,
        "delete from copyhold.intent where home = ? and position = ?",
        place.key(),
        script.position());
    return true;
  }

  /** The intent; without an older one, an index of that name is somebody else's. */
  private static void begin(Connection c, Place place, Script script, Optional<String> index)
      throws SQLException {
    boolean fresh =
        Sql.update(
                c,
                "insert into copyhold.intent (home, position, checksum) values (?, ?, ?)"
                    + " on conflict do nothing",
                place.key(),
                script.position(),
                script.checksum())
            == 1;
    if (fresh && index.isPresent() && valid(c, place, index.get()).isPresent()) {
      throw new ProblemException(
          Problem.conflict("index-exists", "An index of that name is there already.")
              .at(place.key() + ", " + script.file() + ": " + index.get())
              .todo("Rename the index in the file, or drop the one that is there."));
    }
  }

  private static void run(
      Connection c,
      Place place,
      Script script,
      SqlScript parts,
      SqlScript.Part statement,
      Optional<String> index)
      throws SQLException {
    Sql.first(
        c,
        "select set_config('role', ?, false), set_config('search_path', ?, false)",
        r -> true,
        place.owner(),
        quote(place.schema()));
    try {
      if (index.isPresent()) {
        Optional<Boolean> valid = valid(c, place, index.get());
        if (valid.isPresent() && valid.get()) {
          return; // an earlier attempt came to its end but not to the ledger
        }
        if (valid.isPresent()) {
          dropIndex(c, place, index.get());
        }
      }
      try (Statement s = c.createStatement()) {
        s.setEscapeProcessing(false);
        s.execute(statement.text());
      } catch (SQLException e) {
        if (SqlTrouble.state(e).matches("(08|53|57|58|55|40).*")) {
          throw e;
        }
        if (index.isPresent() && valid(c, place, index.get()).filter(v -> !v).isPresent()) {
          dropIndex(c, place, index.get());
        }
        throw new ProblemException(Scripts.failed(place, script, parts, statement, e));
      }
    } finally {
      if (!c.isClosed()) {
        Sql.run(c, "reset role");
      }
    }
  }

  private static void dropIndex(Connection c, Place place, String index) throws SQLException {
    Sql.run(c, "drop index concurrently if exists " + quote(place.schema(), index));
  }

  /** Whether the index is valid; empty when there is none. */
  private static Optional<Boolean> valid(Connection c, Place place, String index)
      throws SQLException {
    return Sql.first(
        c,
        "select x.indisvalid from pg_index x join pg_class i on i.oid = x.indexrelid"
            + " join pg_namespace n on n.oid = i.relnamespace where n.nspname = ? and i.relname = ?",
        r -> r.getBoolean(1),
        place.schema(),
        index);
  }

  private static SqlScript.Part only(SqlScript parts, Script script) {
    if (parts.parts().size() != 1) {
      throw new ProblemException(
          Problem.invalid(
                  "script-refused",
                  "A file without a transaction holds one statement, this one "
                      + parts.parts().size()
                      + ".")
              .at(script.file())
              .todo("Put each statement into a file of its own."));
    }
    SqlScript.Part part = parts.parts().getFirst();
    boolean index = part.starts("CREATE", "INDEX") || part.starts("CREATE", "UNIQUE", "INDEX");
    boolean fine =
        part.words().contains("CONCURRENTLY")
            && (index
                || (part.starts("DROP", "INDEX") && part.words().contains("EXISTS"))
                || part.starts("REINDEX"));
    if (!fine && !part.starts("VACUUM") && !part.starts("ANALYZE")) {
      throw new ProblemException(
          Problem.invalid(
                  "script-refused",
                  "Only CREATE INDEX, REINDEX and DROP INDEX IF EXISTS (each CONCURRENTLY), VACUUM and"
                      + " ANALYZE run without a transaction.")
              .at(script.file() + ", line " + parts.line(part.offset()))
              .todo("Remove the first line, so that the file runs in a transaction."));
    }
    if (index && index(part).isEmpty()) {
      throw new ProblemException(
          Problem.invalid(
                  "script-refused",
                  "The index needs a plain name: an interrupted build is found by it.")
              .at(script.file() + ", line " + parts.line(part.offset()))
              .todo("CREATE INDEX CONCURRENTLY name ON …, lower case and unquoted."));
    }
    return part;
  }

  /** Name of the index that the statement makes. */
  private static Optional<String> index(SqlScript.Part part) {
    if (!part.starts("CREATE")) {
      return Optional.empty();
    }
    java.util.regex.Matcher name =
        java.util.regex.Pattern.compile(
                "(?is)create\\s+(?:unique\\s+)?index\\s+concurrently\\s+(?:if\\s+not\\s+exists\\s+)?"
                    + "([a-z_][a-z0-9_]*)\\s+on\\b.*")
            .matcher(part.text());
    return name.matches() && !name.group(1).equalsIgnoreCase("on")
        ? Optional.of(name.group(1).toLowerCase(java.util.Locale.ROOT))
        : Optional.empty();
  }
}
