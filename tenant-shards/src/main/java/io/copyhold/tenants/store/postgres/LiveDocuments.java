package io.copyhold.tenants.store.postgres;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.document.Document;
import io.copyhold.tenants.document.Documents;
import io.copyhold.tenants.isolation.Place;
import io.copyhold.tenants.store.Applied;
import io.copyhold.tenants.store.Fence;
import io.copyhold.tenants.store.LockPolicy;
import io.copyhold.tenants.store.SchemaVersions;
import io.copyhold.tenants.store.Script;
import io.copyhold.tenants.store.Turn;
import io.copyhold.tenants.store.postgres.ddl.BlockerPolicy;
import io.copyhold.tenants.store.postgres.ddl.Control;
import io.copyhold.tenants.store.postgres.ddl.Throttle;
import io.copyhold.tenants.store.postgres.expand.Expansions;
import io.copyhold.tenants.store.postgres.expand.Plan;
import io.copyhold.tenants.store.postgres.session.HomeBook;
import io.copyhold.tenants.store.postgres.session.Pause;
import io.copyhold.tenants.store.postgres.session.Sessions;
import io.copyhold.tenants.store.postgres.session.Sql;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Documents of a changelog in homes. The home's ledger has a row for each document that is live;
 * the row is written when clients may speak its version, and goes when the document was taken back.
 */
final class LiveDocuments {
  private final Sessions sessions;
  private final HomeBook book;
  private final Scripts scripts;
  private final Expansions expansions;
  private final Pause pause;
  private final Throttle throttle;

  LiveDocuments(
      Sessions sessions,
      HomeBook book,
      Scripts scripts,
      Expansions expansions,
      Pause pause,
      Throttle throttle) {
    this.sessions = sessions;
    this.book = book;
    this.scripts = scripts;
    this.expansions = expansions;
    this.pause = pause;
    this.throttle = throttle;
  }

  Applied apply(Place place, Script script, Fence fence, LockPolicy locks) {
    Optional<Applied> already =
        sessions.read(
            place.database(),
            "reading the ledger",
            c -> scripts.already(book.standing(c, place, script.position()), place, script));
    if (already.isPresent()) {
      return already.get();
    }
    requireSpeakers(place, script);
    Instant begun = pause.clock().instant();
    expansions.start(errand(place, fence, locks), document(script));
    long millis = Duration.between(begun, pause.clock().instant()).toMillis();
    return sessions.change(
        place.database(),
        "entering " + script.file(),
        fence,
        c -> {
          book.enterReady(c, place, fence, null);
          Optional<Applied> meanwhile =
              scripts.already(book.standing(c, place, script.position()), place, script);
          if (meanwhile.isPresent()) {
            return meanwhile.get();
          }
          book.record(c, place, script, fence.key(), millis, false);
          return new Applied(false, millis);
        });
  }

  Applied undo(Place place, Script script, Fence fence, LockPolicy locks) {
    Optional<Applied> already =
        sessions.read(
            place.database(),
            "reading the ledger",
            c -> Scripts.gone(book.standing(c, place, script.position()), place, script));
    if (already.isPresent()) {
      return already.get();
    }
    Instant begun = pause.clock().instant();
    expansions.reverse(errand(place, fence, locks), document(script).name());
    long millis = Duration.between(begun, pause.clock().instant()).toMillis();
    return sessions.change(
        place.database(),
        "taking out " + script.file(),
        fence,
        c -> {
          book.enterReady(c, place, fence, null);
          book.unrecord(c, place, script.position());
          return new Applied(false, millis);
        });
  }

  void turn(Place place, Script script, Turn turn, Fence fence, LockPolicy locks) {
    Expansions.Errand errand = errand(place, fence, locks);
    switch (turn) {
      case OPEN -> expansions.open(errand);
      case COMPLETE -> expansions.complete(errand, document(script).name());
      case FINALIZE -> expansions.finish(errand, document(script).name());
    }
    sessions.change(
        place.database(),
        "forgetting the shape",
        fence,
        c -> {
          book.enterReady(c, place, fence, null);
          Sql.update(c, "update copyhold.home set shape = null where home = ?", place.key());
          return true;
        });
  }

  String plan(Place place, Script script) {
    return expansions.plan(place, document(script)).stream()
        .map(Plan::print)
        .collect(Collectors.joining("\n"));
  }

  SchemaVersions versions(Place place) {
    Expansions.Standing standing = expansions.standing(place);
    return new SchemaVersions(
        standing.live().stream()
            .map(version -> new SchemaVersions.Live(version, Expansions.schema(place, version)))
            .toList(),
        standing.changes().stream()
            .map(it ->
                new SchemaVersions.Change(
                    it.number(), it.name(), it.before(), it.version(), it.state().toString()))
            .toList());
  }

  /**
   * The tables that a change touches refuse clients which say no version.
   *
   * @throws ProblemException nobody could say one yet, and somebody is connected
   */
  private void requireSpeakers(Place place, Script script) {
    long mute =
        sessions.read(
            place.database(),
            "looking for clients",
            c ->
                Sql.first(
                        c,
                        "select count(*) from pg_stat_activity a join copyhold.member m"
                            + " on m.role = a.usename where m.home = ?"
                            + " and a.datname = current_database() and not exists"
                            + " (select from copyhold.version v where v.home = m.home)",
                        r -> r.getLong(1),
                        place.key())
                    .orElse(0L));
    if (mute > 0) {
      throw new ProblemException(
          Problem.conflict(
                  "clients-say-no-version",
                  mute
                      + " sessions of applications are connected, which would be refused: they cannot"
                      + " say yet which version they speak.")
              .at(place.key() + ", " + script.file())
              .todo(
                  "Open the home's version ('copyhold tenant schema ID --open'), let the applications"
                      + " set copyhold.version and search_path, then migrate."));
    }
  }

  /**
   * @throws ProblemException the home's clients speak versions, which a script would not keep right
   */
  void requirePlain(Place place, Script script) {
    boolean versions =
        sessions.read(
            place.database(),
            "looking for versions",
            c -> Sql.any(c, "select from copyhold.version where home = ?", place.key()));
    if (versions) {
      throw new ProblemException(
          Problem.conflict(
                  "home-speaks-versions",
                  "Clients of this home speak schema versions, which a plain script would not keep right.")
              .at(place.key() + ", " + script.file())
              .todo("Put the SQL into a document, as an operation sql."));
    }
  }

  private Expansions.Errand errand(Place place, Fence fence, LockPolicy locks) {
    return new Expansions.Errand(place, fence, locks, BlockerPolicy.WAIT, throttle, Control.NONE);
  }

  /** Clients call its version as the changelog does, unless the document says otherwise. */
  private static Document document(Script script) {
    if (!script.document()) {
      throw new ProblemException(
          Problem.conflict("not-a-document", script.file() + " is a script of SQL.")
              .at(script.toString())
              .todo("Only documents are completed and finalized; a script is final at once."));
    }
    return switch (Documents.parse(script.file(), script.sql().getBytes(StandardCharsets.UTF_8))) {
      case Documents.Parsed.Good(var document) ->
          document.version().equals(document.name())
              ? new Document(
                  document.name(), script.version(), document.operations(), document.down())
              : document;
      case Documents.Parsed.Bad(var problems) -> throw new ProblemException(problems.getFirst());
    };
  }
}
