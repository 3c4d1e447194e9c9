package io.copyhold.runtime.postgres;

import java.nio.charset.StandardCharsets;

/**
 * The one place where a name becomes SQL text. Values are bound; only identifiers, which cannot be
 * bound, pass through here.
 */
public final class Identifiers {
  /** NAMEDATALEN - 1: PostgreSQL silently cuts a longer name, so two names could become one. */
  public static final int MAX_BYTES = 63;

  private Identifiers() {}

  /**
   * A quoted identifier that is taken literally, whatever it contains.
   *
   * @throws IllegalArgumentException empty, longer than 63 bytes of UTF-8, or with a NUL or a lone
   *     surrogate in it
   */
  public static String quote(String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("an identifier must not be empty");
    }
    requireText(name);
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_BYTES) {
      throw new IllegalArgumentException(
          "an identifier has at most " + MAX_BYTES + " bytes, this one " + bytes + ": " + name);
    }
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** A qualified name: each part quoted, joined by dots. */
  public static String quote(String schema, String name) {
    return quote(schema) + '.' + quote(name);
  }

  /**
   * A string constant, for the few statements that take no parameters ({@code CREATE ROLE …
   * PASSWORD}, {@code VALID UNTIL}). It reads the same with {@code standard_conforming_strings} on
   * and off.
   *
   * @throws IllegalArgumentException a NUL or a lone surrogate in it
   */
  public static String literal(String value) {
    requireText(value);
    String doubled = value.replace("'", "''");
    return doubled.indexOf('\\') < 0
        ? '\'' + doubled + '\''
        : " E'" + doubled.replace("\\", "\\\\") + '\'';
  }

  private static void requireText(String value) {
    if (value.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("PostgreSQL text holds no NUL character");
    }
    if (!StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
      throw new IllegalArgumentException("not Unicode text: it holds a lone surrogate");
    }
  }
}
