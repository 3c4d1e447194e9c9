package io.copyhold.runtime.postgres;

import io.copyhold.runtime.ProblemException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * One owner per directory: a lock of the operating system on the file {@code lock} in it, which
 * ends with its process however that dies. The file names the owner's process id.
 */
public final class DirectoryLock implements Closeable {
  private static final String NAME = "lock";

  private final FileChannel channel;

  private DirectoryLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock at once or refuses.
   *
   * @throws ProblemException {@code directory-in-use}, with the owner's process id
   */
  public static DirectoryLock take(Path directory) throws IOException {
    Path file = directory.resolve(NAME);
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    try {
      FileLock lock = tryLock(channel);
      if (lock == null) {
        String owner = Files.readString(file).trim();
        throw new ProblemException(
            "directory-in-use",
            "The directory "
                + directory
                + " is in use by process "
                + (owner.isEmpty() ? "(unknown)" : owner)
                + ".",
            "Stop that process first, or choose another directory.");
      }
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(
              Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)),
          0);
      return new DirectoryLock(channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null; // held by this very process
    }
  }

  /** Gives the directory free. The file stays: removing it would let two owners lock two files. */
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
