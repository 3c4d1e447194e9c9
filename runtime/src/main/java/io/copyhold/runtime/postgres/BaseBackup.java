package io.copyhold.runtime.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.LongConsumer;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * A base backup in a directory: {@code base.tar.gz} as the server streamed it, with all log that it
 * needs, and {@code backup_manifest}, the server's list of files with their checksums.
 */
public final class BaseBackup {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ARCHIVE = "base.tar.gz";
  private static final String MANIFEST = "backup_manifest";

  private final Path directory;

  /**
   * @param directory exists
   */
  public BaseBackup(Path directory) {
    this.directory = directory;
  }

  /**
   * Streams one into the empty directory.
   *
   * @param progress hears the bytes so far
   * @throws ProblemException the server refuses, or has tablespaces of its own
   */
  public Replication.Span take(Replication server, String label, LongConsumer progress)
      throws IOException {
    return server.baseBackup(
        label,
        new Replication.Sink() {
          @Override
          public OutputStream archive(String name, String location) throws IOException {
            if (!location.isEmpty()) {
              throw new ProblemException(
                  Problem.conflict(
                          "tablespaces",
                          "The server has a tablespace of its own: " + location + ".")
                      .todo("Keep the control database in the default tablespace."));
            }
            return new BufferedOutputStream(
                new GZIPOutputStream(Files.newOutputStream(directory.resolve(ARCHIVE)), 1 << 16),
                1 << 16);
          }

          @Override
          public OutputStream manifest() throws IOException {
            return new BufferedOutputStream(
                Files.newOutputStream(directory.resolve(MANIFEST)), 1 << 16);
          }

          @Override
          public void progress(long bytes) {
            progress.accept(bytes);
          }
        });
  }

  /** Bytes on disk. */
  public long bytes() throws IOException {
    return Files.size(directory.resolve(ARCHIVE)) + Files.size(directory.resolve(MANIFEST));
  }

  /**
   * Reads all of it and compares each file with the manifest.
   *
   * @return how many files
   * @throws ProblemException {@code backup-damaged}, with the first file that differs
   */
  public int verify() throws IOException {
    return read(null);
  }

  /**
   * Unpacks it, comparing as {@link #verify} does.
   *
   * @param target made by this
   */
  public int unpack(Path target) throws IOException {
    Files.createDirectory(
        target, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    return read(target);
  }

  private int read(@Nullable Path target) throws IOException {
    Map<String, JsonNode> expected = manifest();
    int files = expected.size();
    try (TarArchiveInputStream tar =
        new TarArchiveInputStream(
            new GZIPInputStream(
                new BufferedInputStream(Files.newInputStream(directory.resolve(ARCHIVE)), 1 << 16),
                1 << 16))) {
      for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
        String name = e.getName();
        if (target != null && !target.resolve(name).normalize().startsWith(target)) {
          throw damaged(name, "leaves the directory");
        }
        if (e.isDirectory()) {
          if (target != null) {
            Files.createDirectories(target.resolve(name));
          }
        } else if (e.isFile()) {
          file(tar, name, expected.remove(name), target);
        } else {
          throw damaged(name, "is neither a file nor a directory");
        }
      }
    }
    if (!expected.isEmpty()) {
      throw damaged(expected.keySet().iterator().next(), "is missing");
    }
    return files;
  }

  private void file(
      TarArchiveInputStream tar, String name, @Nullable JsonNode listed, @Nullable Path target)
      throws IOException {
    MessageDigest digest = sha256();
    long size;
    InputStream content = new DigestInputStream(tar, digest);
    if (target == null) {
      size = content.transferTo(OutputStream.nullOutputStream());
    } else {
      Path file = target.resolve(name);
      Path parent = file.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      size = Files.copy(content, file);
    }
    // log and the label of the backup are not listed: the log has checksums of its own
    if (listed != null
        && (listed.path("Size").asLong() != size
            || !listed
                .path("Checksum")
                .asText()
                .equals(HexFormat.of().formatHex(digest.digest())))) {
      throw damaged(name, "differs from what the server sent");
    }
  }

  private Map<String, JsonNode> manifest() throws IOException {
    JsonNode manifest = JSON.readTree(Files.readAllBytes(directory.resolve(MANIFEST)));
    Map<String, JsonNode> files = new HashMap<>();
    for (JsonNode file : manifest.path("Files")) {
      if (!file.path("Checksum-Algorithm").asText().equals("SHA256")) {
        throw damaged(file.path("Path").asText(), "has no SHA-256 in the manifest");
      }
      files.put(file.path("Path").asText(), file);
    }
    if (files.isEmpty()) {
      throw damaged(MANIFEST, "lists no file");
    }
    return files;
  }

  private ProblemException damaged(String file, String how) {
    return new ProblemException(
        Problem.conflict("backup-damaged", "The backup is damaged: " + file + " " + how + ".")
            .at(directory.toString())
            .todo("Use another backup, and look at the disk that this one is on."));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }
}
