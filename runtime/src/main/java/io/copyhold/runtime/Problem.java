package io.copyhold.runtime;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Why something cannot be done: what, where, and what to do about it. The HTTP edge renders it as
 * RFC 9457.
 *
 * @param kind decides the HTTP status
 * @param code stable, kebab-case, what programs branch on: {@code tenant-exists}
 * @param what one sentence for a person, without secrets
 * @param where the field, file, object or address it is about, or null
 * @param todo what the reader can do about it, or null where {@code what} says it
 */
public record Problem(
    Kind kind, String code, String what, @Nullable String where, @Nullable String todo) {

  /** What sort of trouble it is, with the HTTP status that fits. */
  public enum Kind {
    INVALID(422),
    MALFORMED(400),
    UNAUTHENTICATED(401),
    FORBIDDEN(403),
    NOT_FOUND(404),
    CONFLICT(409),
    PRECONDITION(412),
    TOO_LARGE(413),
    UNAVAILABLE(503),
    FAULT(500);

    private final int status;

    Kind(int status) {
      this.status = status;
    }

    public int status() {
      return status;
    }
  }

  public Problem {
    Objects.requireNonNull(kind, "kind");
    Objects.requireNonNull(code, "code");
    Objects.requireNonNull(what, "what");
  }

  public static Problem of(Kind kind, String code, String what) {
    return new Problem(kind, code, what, null, null);
  }

  /** The state does not allow it; another state would. */
  public static Problem conflict(String code, String what) {
    return of(Kind.CONFLICT, code, what);
  }

  /** The content is wrong, whatever the state. */
  public static Problem invalid(String code, String what) {
    return of(Kind.INVALID, code, what);
  }

  public static Problem notFound(String code, String what) {
    return of(Kind.NOT_FOUND, code, what);
  }

  /** May go through later: a server that does not answer, a budget in use. */
  public static Problem unavailable(String code, String what) {
    return of(Kind.UNAVAILABLE, code, what);
  }

  public Problem at(String where) {
    return new Problem(kind, code, what, where, todo);
  }

  public Problem todo(String todo) {
    return new Problem(kind, code, what, where, todo);
  }

  @Override
  public String toString() {
    return code
        + ": "
        + what
        + (where == null ? "" : " (" + where + ")")
        + (todo == null ? "" : "; " + todo);
  }
}
