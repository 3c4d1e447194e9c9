package io.copyhold.runtime.postgres;

import io.copyhold.runtime.ProblemException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One owner per directory: a lock of the operating system on the file {@code lock} in it, which
 * ends with its process however that dies. The file names the owner's process id.
 *
 * <p>A process loses such a lock as soon as it closes <em>any</em> channel to the file, so the
 * locks of this JVM are also kept in memory, and a locked file is never opened again here.
 */
public final class DirectoryLock implements Closeable {
  private static final String NAME = "lock";

  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final FileChannel channel;
  private final Path file;
  private final AtomicBoolean closed = new AtomicBoolean();

  private DirectoryLock(FileChannel channel, Path file) {
    this.channel = channel;
    this.file = file;
  }

  /**
   * Takes the lock at once or refuses.
   *
   * @param directory exists
   * @throws ProblemException {@code directory-in-use}, with the owner's process id
   */
  public static DirectoryLock take(Path directory) throws IOException {
    Path file = directory.toRealPath().resolve(NAME);
    if (!HELD.add(file)) {
      throw inUse(directory, Long.toString(ProcessHandle.current().pid()));
    }
    try {
      return new DirectoryLock(lock(directory, file), file);
    } catch (IOException | RuntimeException e) {
      HELD.remove(file);
      throw e;
    }
  }

  /** The process that holds the directory now, if one does. */
  public static OptionalLong holder(Path directory) throws IOException {
    if (!Files.exists(directory.resolve(NAME))) {
      return OptionalLong.empty();
    }
    Path file = directory.toRealPath().resolve(NAME);
    if (!HELD.add(file)) {
      return OptionalLong.of(ProcessHandle.current().pid());
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        FileLock lock = channel.tryLock(0, Long.MAX_VALUE, true)) {
      if (lock != null) {
        return OptionalLong.empty();
      }
      String pid = Files.readString(file).trim();
      return pid.matches("[0-9]{1,18}")
          ? OptionalLong.of(Long.parseLong(pid))
          : OptionalLong.empty(); // its owner is just writing it
    } finally {
      HELD.remove(file);
    }
  }

  private static FileChannel lock(Path directory, Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      if (channel.tryLock() == null) {
        throw inUse(directory, Files.readString(file).trim());
      }
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(
              Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)),
          0);
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static ProblemException inUse(Path directory, String pid) {
    return new ProblemException(
        "directory-in-use",
        "The directory "
            + directory
            + " is in use by process "
            + (pid.isEmpty() ? "(unknown)" : pid)
            + ".",
        "Stop that process first, or choose another directory.");
  }

  /** Gives the directory free. The file stays: removing it would let two owners lock two files. */
  @Override
  public void close() throws IOException {
    if (closed.compareAndSet(false, true)) {
      try {
        channel.close();
      } finally {
        HELD.remove(file);
      }
    }
  }
}
