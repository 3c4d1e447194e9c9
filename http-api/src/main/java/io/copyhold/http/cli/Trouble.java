package io.copyhold.http.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/** Why a command did not do what it was asked: what, where, what to do. */
final class Trouble extends Exception {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final @Nullable String where;
  private final @Nullable String todo;

  Trouble(int status, String what, @Nullable String where, @Nullable String todo) {
    super(what);
    this.status = status;
    this.where = where;
    this.todo = todo;
  }

  /** Of a problem that the API answered with. */
  static Trouble of(int httpStatus, JsonNode problem) {
    boolean later = httpStatus == 429 || httpStatus == 503;
    String what = problem.path("detail").asText("the server answered " + httpStatus);
    if (!problem.path("outcomeKnown").asBoolean(true)) {
      what += " (it may have been done)";
    }
    return new Trouble(
        later ? ExitStatus.NOT_NOW : ExitStatus.REFUSED,
        what,
        problem.hasNonNull("where") ? problem.get("where").asText() : null,
        problem.hasNonNull("todo") ? problem.get("todo").asText() : null);
  }

  int status() {
    return status;
  }

  void print(PrintWriter err) {
    err.println("copyhold: " + getMessage());
    if (where != null) {
      err.println("  where: " + where);
    }
    if (todo != null) {
      err.println("  what to do: " + todo);
    }
    err.flush();
  }
}
