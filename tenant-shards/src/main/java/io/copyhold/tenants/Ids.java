package io.copyhold.tenants;

import io.copyhold.runtime.Problem;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What tenants, stores, pools, changelogs and rollouts may be called: 2 to 40 characters,
 * lower-case letters and digits in words joined by single hyphens, beginning with a letter. So an
 * id is safe in a URL, a host name and a database, and no two ids look alike.
 */
public final class Ids {
  public static final int CHARS_MIN = 2;
  public static final int CHARS_MAX = 40;

  private static final Set<String> RESERVED =
      Set.of(
          "admin",
          "administrator",
          "all",
          "any",
          "api",
          "copyhold",
          "default",
          "health",
          "internal",
          "metrics",
          "none",
          "null",
          "operation",
          "operations",
          "postgres",
          "public",
          "root",
          "security",
          "status",
          "system",
          "template0",
          "template1",
          "undefined",
          "v1",
          "www");

  private Ids() {}

  /**
   * What is wrong with an id, or empty when it is good.
   *
   * @param field whose id it is: {@code tenant}
   */
  public static Optional<Problem> check(String field, @Nullable String id) {
    if (id == null || id.isEmpty()) {
      return Optional.of(
          Problem.invalid("id-missing", "the " + field + " has no id").at(field).todo("give one"));
    }
    int length = id.codePointCount(0, id.length());
    if (length < CHARS_MIN || length > CHARS_MAX) {
      return wrong(
          field,
          "id-length",
          "an id has " + CHARS_MIN + " to " + CHARS_MAX + " characters, this one " + length);
    }
    for (int i = 0; i < id.length(); i += Character.charCount(id.codePointAt(i))) {
      int c = id.codePointAt(i);
      if (!isLetter(c) && !isDigit(c) && c != '-') {
        return wrong(
            field, "id-characters", "character " + (i + 1) + " of the id is " + describe(c));
      }
    }
    if (!isLetter(id.charAt(0)) || id.endsWith("-") || id.contains("--")) {
      return wrong(
          field,
          "id-form",
          "an id begins with a letter, and its words are joined by single hyphens: " + id);
    }
    if (RESERVED.contains(id)) {
      return Optional.of(
          Problem.invalid("id-reserved", "the id " + id + " is reserved")
              .at(field)
              .todo("choose another, for example " + id + "-1"));
    }
    return Optional.empty();
  }

  private static Optional<Problem> wrong(String field, String code, String what) {
    return Optional.of(
        Problem.invalid(code, what)
            .at(field)
            .todo("use lower-case letters a to z, digits and single hyphens, for example acme-2"));
  }

  /** {@code 'а' (U+0430 CYRILLIC SMALL LETTER A)}: tells a look-alike from what it looks like. */
  static String describe(int codePoint) {
    String name = Character.getName(codePoint);
    String code = String.format("U+%04X", codePoint) + (name == null ? "" : " " + name);
    return Character.isISOControl(codePoint) || Character.getType(codePoint) == Character.FORMAT
        ? code
        : "'" + Character.toString(codePoint) + "' (" + code + ")";
  }

  private static boolean isLetter(int c) {
    return c >= 'a' && c <= 'z';
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }
}
