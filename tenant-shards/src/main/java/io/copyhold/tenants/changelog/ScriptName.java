package io.copyhold.tenants.changelog;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file's name as Flyway writes it: {@code V1.2__create_customers.sql} for a script, {@code
 * V1.2__create_customers.yaml} (or json) for a document of schema operations, and {@code
 * U1.2__create_customers.sql} for the way back from a script's version.
 *
 * @param version up to four numbers of up to nine digits, joined by dots (an underscore counts as a
 *     dot)
 * @param description the words after the two underscores
 * @param undo whether it is the way back
 */
public record ScriptName(String version, String description, boolean undo) {
  public static final int CHARS_MAX = 100;

  private static final Pattern VERSIONED =
      Pattern.compile(
          "[VU](\\d{1,9}(?:[._]\\d{1,9}){0,3})__([A-Za-z0-9][A-Za-z0-9_-]*)\\.(sql|json|ya?ml)");

  /**
   * @throws ProblemException when {@link #check} complains
   */
  public static ScriptName parse(String file) {
    check(file)
        .ifPresent(problem -> {
          throw new ProblemException(problem);
        });
    Matcher matcher = VERSIONED.matcher(file);
    if (!matcher.matches()) {
      throw new IllegalStateException(file);
    }
    return new ScriptName(
        matcher.group(1).replace('_', '.'),
        matcher.group(2).replace('_', ' '),
        file.startsWith("U"));
  }

  /** What is wrong with a file name, or empty when it is good. */
  public static Optional<Problem> check(@Nullable String file) {
    if (file == null || file.isEmpty()) {
      return wrong(
          "file",
          "script-name",
          "a script has no file name",
          "name it like V1__create_customers.sql");
    }
    if (file.length() > CHARS_MAX) {
      return wrong(
          "file",
          "script-name",
          "a file name has " + file.length() + " characters, at most " + CHARS_MAX + " are kept",
          "shorten its description");
    }
    if (file.startsWith("R__")) {
      return wrong(
          file,
          "script-repeatable",
          "repeatable scripts are not run: each change of a home is one numbered version",
          "publish each change of it as a new V script");
    }
    Matcher matcher = VERSIONED.matcher(file);
    if (!matcher.matches()) {
      return wrong(
          file,
          "script-name",
          "the file name does not read V<version>__<description>.sql, .yaml or .json",
          "name it like V1.2__create_customers.sql, with two underscores after the version (U1.2 for"
              + " the way back)");
    }
    if (file.startsWith("U") && !file.endsWith(".sql")) {
      return wrong(
          file,
          "script-name",
          "a document needs no undo file: it says itself how it is taken back",
          "leave it out");
    }
    String version = matcher.group(1).replace('_', '.');
    return SchemaVersion.before(SchemaVersion.NONE, version)
        ? Optional.empty()
        : wrong(
            file, "script-name", "version 0 means a home without any script", "begin with V1__");
  }

  private static Optional<Problem> wrong(String where, String code, String what, String todo) {
    return Optional.of(Problem.invalid(code, what).at(where).todo(todo));
  }
}
