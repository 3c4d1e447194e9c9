package io.copyhold.config.node;

import com.typesafe.config.Config;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.postgres.Database;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The control database as the configuration tells it ({@code copyhold.control}). */
public final class ControlDatabase {
  private ControlDatabase() {}

  /** Whether the configuration names a server of the user's own. */
  public static boolean isExternal(Config control) {
    return !control.getString("host").isEmpty();
  }

  /**
   * How to reach it. The password file is read at each connect.
   *
   * @param control the section {@code copyhold.control}
   * @throws ProblemException no host or no password file is given
   */
  public static Database from(Config control) {
    if (!isExternal(control) || control.getString("password-file").isEmpty()) {
      throw new ProblemException(
          "no-control-database",
          "The configuration names no control database (copyhold.control.host and password-file).",
          "Start with 'copyhold up', which brings its own, or name your server.");
    }
    Path file = Path.of(control.getString("password-file"));
    return new Database(
        control.getString("host"),
        control.getInt("port"),
        control.getString("database"),
        control.getString("user"),
        () -> password(file),
        control.getString("ssl-mode"));
  }

  static String password(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the password file " + file, e);
    }
  }
}
