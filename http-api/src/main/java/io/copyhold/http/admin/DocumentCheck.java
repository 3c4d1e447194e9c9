package io.copyhold.http.admin;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.tenants.document.Document;
import io.copyhold.tenants.document.Documents;
import io.copyhold.tenants.document.Outcome;
import io.copyhold.tenants.document.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Holds documents against the schema as it would be, from the first version on. After a script of
 * SQL, or raw SQL in a document, nobody knows the schema without a home: then only the document's
 * own form is looked at here, and a home says the rest before it begins.
 */
final class DocumentCheck {
  private @Nullable Shape shape = Shape.EMPTY;

  /** A script of SQL comes next. */
  void script() {
    shape = null;
  }

  /**
   * A document comes next.
   *
   * @throws ProblemException it cannot be read, or does not fit what comes before it
   */
  void document(String file, byte[] content) {
    Document document =
        switch (Documents.parse(file, content)) {
          case Documents.Parsed.Good(var good) -> good;
          case Documents.Parsed.Bad(var problems) -> throw first(file, problems);
        };
    Shape before = shape;
    if (before == null) {
      return;
    }
    switch (before.apply(document)) {
      case Outcome.Fits fits -> shape = fits.opaque() ? null : fits.shape();
      case Outcome.Refused(var refusals) ->
          throw first(file, refusals.stream().map(refusal -> refusal.problem()).toList());
    }
  }

  private static ProblemException first(String file, List<Problem> problems) {
    Problem first = problems.getFirst();
    String more = problems.size() == 1 ? "" : " (and " + (problems.size() - 1) + " more)";
    return new ProblemException(
        Problem.invalid(first.code(), file + ": " + first.what() + more)
            .at(file + first.where())
            .todo(String.valueOf(first.todo())));
  }
}
