package io.copyhold.chaos.installation;

import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The one directory of a demo or a benchmark.
 *
 * @param name of what is done there: {@code demo}
 * @param keep it stays when that is over
 */
public record Workplace(String name, Path directory, boolean keep) {

  /**
   * @param wanted must not exist, or be empty; null for a temporary one
   */
  public static Workplace make(String name, @Nullable Path wanted, boolean keep)
      throws IOException {
    if (wanted == null) {
      return prepared(name, Files.createTempDirectory("copyhold-" + name + "-"), keep);
    }
    Path directory = wanted.toAbsolutePath().normalize();
    if (Files.exists(directory)) {
      try (Stream<Path> inside = Files.list(directory)) {
        if (inside.findAny().isPresent()) {
          throw new ProblemException(
              "directory-not-empty",
              "The directory " + directory + " is not empty.",
              "It begins with nothing: name a directory that does not exist yet.");
        }
      }
    }
    return prepared(name, Files.createDirectories(directory), keep);
  }

  private static Workplace prepared(String name, Path directory, boolean keep) throws IOException {
    // the databases run as another user when we are root, and must reach their own directories
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    Workplace workplace = new Workplace(name, directory, keep);
    Files.createDirectories(workplace.logs());
    return workplace;
  }

  public Path logs() {
    return directory.resolve("log");
  }

  /** What this process logs. */
  public Path log() {
    return logs().resolve(name + ".log");
  }

  /** Removes it, unless it is to be kept. */
  public void remove() {
    if (!keep) {
      delete(directory);
    }
  }

  /** Removes all but the logs, unless it is to be kept. */
  public void removeButLogs() throws IOException {
    if (keep) {
      return;
    }
    try (Stream<Path> inside = Files.list(directory)) {
      inside.filter(path -> !path.equals(logs())).toList().forEach(Workplace::delete);
    }
  }

  /** Removes a directory and all that is in it; one that is not there is no trouble. */
  public static void delete(Path tree) {
    try (Stream<Path> inside = Files.walk(tree)) {
      for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (NoSuchFileException e) {
      // gone already
    } catch (IOException e) {
      throw new UncheckedIOException("cannot remove " + tree, e);
    }
  }
}
