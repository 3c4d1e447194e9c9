package io.copyhold.chaos.fault;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Fills the disk of a database, where that database has one for itself: a file system mounted at
 * its directory, and small. Anything else would fill up the machine.
 */
@PortAdapter
final class Disks {
  private static final String BALLAST = "copyhold-ballast";
  private static final String CONTROL = "control";
  private static final int CHUNK = 1 << 20;

  private final Path data;
  private final long bytesMax;

  /**
   * @param data the installation's directory
   * @param bytesMax a larger disk is not filled
   */
  Disks(Path data, long bytesMax) {
    this.data = data;
    this.bytesMax = bytesMax;
  }

  Injection fill(String target) {
    Path directory =
        data.resolve("postgres").resolve(target.equals(Links.JOURNAL) ? CONTROL : target);
    return new Injection() {
      @Override
      public Undo prepare() {
        try {
          requireOwn(target, directory);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        return new Undo.Remove(directory.resolve(BALLAST));
      }

      @Override
      public void inject(Undo undo) throws IOException {
        write(directory.resolve(BALLAST));
      }

      @Override
      public void lift(Undo undo) throws IOException {
        Files.deleteIfExists(directory.resolve(BALLAST));
      }
    };
  }

  private void requireOwn(String target, Path directory) throws IOException {
    boolean own =
        Files.isDirectory(directory)
            && !Files.getAttribute(directory, "unix:dev")
                .equals(Files.getAttribute(data.resolve("postgres"), "unix:dev"));
    if (!own) {
      throw new ProblemException(
          Problem.conflict("disk-shared", target + " has no disk for itself")
              .at(directory.toString())
              .todo("mount a small file system there before its database is made"));
    }
    long size = Files.getFileStore(directory).getTotalSpace();
    if (size > bytesMax) {
      throw new ProblemException(
          Problem.conflict(
                  "disk-large",
                  "the disk of " + target + " has " + size + " bytes: too many to fill")
              .at(directory.toString())
              .todo("mount one of at most " + bytesMax + " bytes (copyhold.chaos.agent.disk-max)"));
    }
  }

  /** Until nothing more fits. */
  private static void write(Path file) throws IOException {
    FileStore disk = Files.getFileStore(file.getParent());
    try (FileChannel out =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK);
      for (int size = CHUNK; size > 0; ) {
        chunk.clear().limit(size);
        try {
          out.write(chunk);
        } catch (IOException e) {
          if (disk.getUnallocatedSpace() >= CHUNK) {
            throw e; // another trouble than a full disk
          }
          size /= 2;
        }
      }
    }
  }
}
