package io.copyhold.runtime.view;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;

/** The version of an entity that a write answered with: {@code tenant/acme@7}. */
public record Position(EntityRef entity, long version) {
  public static Position parse(String text) {
    int at = text.lastIndexOf('@');
    try {
      return new Position(
          EntityRef.parse(text.substring(0, Math.max(0, at))),
          Long.parseLong(text.substring(at + 1)));
    } catch (IllegalArgumentException e) {
      throw new ProblemException(
          Problem.of(
              Problem.Kind.MALFORMED, "position-malformed", "a position is like tenant/acme@7"),
          e);
    }
  }

  @Override
  public String toString() {
    return entity + "@" + version;
  }
}
