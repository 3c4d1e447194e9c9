package io.copyhold.runtime.process;

import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Small files that only their owner may read. They appear whole or not at all, also when the
 * process or the machine dies in the middle.
 */
public final class ProtectedFile {
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private ProtectedFile() {}

  /** Writes the file, replacing what is there. */
  public static void write(Path file, String content) throws IOException {
    Path fresh = fresh(file, content);
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    sync(directoryOf(file));
  }

  /**
   * Writes the file unless there is one; of several processes at once, one wins.
   *
   * @return whether this call made it
   */
  public static boolean create(Path file, String content) throws IOException {
    Path fresh = fresh(file, content);
    try {
      Files.createLink(file, fresh);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } finally {
      Files.delete(fresh);
      sync(directoryOf(file));
    }
  }

  /** The file's content without surrounding white space, read anew each time it is asked for. */
  public static Supplier<String> secret(Path file) {
    return () -> {
      try {
        return Files.readString(file).strip();
      } catch (IOException e) {
        throw new ProblemException(
            Problem.unavailable("password-file-unreadable", "the password file cannot be read")
                .at(file.toString())
                .todo("restore it, or give this user the right to read it"),
            e);
      }
    };
  }

  /** Makes the names in a directory survive a power loss. */
  public static void sync(Path directory) throws IOException {
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static Path fresh(Path file, String content) throws IOException {
    Path fresh =
        Files.createTempFile(directoryOf(file), file.getFileName() + ".", ".new", OWNER_ONLY);
    Files.writeString(fresh, content, StandardOpenOption.SYNC);
    return fresh;
  }

  private static Path directoryOf(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    if (parent == null) {
      throw new IllegalArgumentException("not a file: " + file);
    }
    return parent;
  }
}
