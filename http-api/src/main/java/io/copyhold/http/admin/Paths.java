package io.copyhold.http.admin;

import io.copyhold.runtime.EntityRef;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;

/**
 * What a path may name. Whatever could not be an id names nothing, and no entity is woken for it.
 */
final class Paths {
  private Paths() {}

  static EntityRef entity(String type, String id) {
    if (!type.matches("[a-z][a-z-]{0,39}") || !id.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,99}")) {
      throw new ProblemException(
          Problem.notFound(
              "entity-not-found", "there is no such " + (type.length() > 40 ? "thing" : type)));
    }
    return new EntityRef(type, id);
  }

  static String segment(String name) {
    if (!name.matches("[a-z][a-z0-9-]{0,99}")) {
      throw new ProblemException(
          Problem.notFound("operation-not-found", "there is no such operation"));
    }
    return name;
  }
}
