package io.copyhold.config.secret;

import java.util.regex.Pattern;

/**
 * The name of a secret; it may stand in events, settings and logs where the secret itself may not.
 *
 * @param name 1 to 200 characters: lower-case letters, digits, dots, dashes and underscores in
 *     parts joined by slashes, such as {@code stores/s1/admin}
 */
public record SecretRef(String name) {
  private static final String SCHEME = "secret:";
  private static final int MAX_CHARS = 200;
  private static final Pattern NAME =
      Pattern.compile("[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*");

  public SecretRef {
    // The text is not repeated: somebody may have put the secret where its name belongs.
    if (name.length() > MAX_CHARS || !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "not the name of a secret: use lower-case letters, digits, '.', '-' and '_' in parts"
              + " joined by '/', at most "
              + MAX_CHARS
              + " characters");
    }
  }

  /**
   * Reads the text form, {@code secret:NAME}.
   *
   * @throws IllegalArgumentException another form; the message does not repeat the text
   */
  public static SecretRef parse(String text) {
    if (!text.startsWith(SCHEME)) {
      throw new IllegalArgumentException("not a reference to a secret: it begins with " + SCHEME);
    }
    return new SecretRef(text.substring(SCHEME.length()));
  }

  @Override
  public String toString() {
    return SCHEME + name;
  }
}
