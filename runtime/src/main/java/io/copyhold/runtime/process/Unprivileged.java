package io.copyhold.runtime.process;

import com.sun.security.auth.module.UnixSystem;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * How to run a server that refuses to run as root, on a given directory, and how to end it with its
 * parent. Not root: as it is. Root: as user 65534 by {@code setpriv} when that user can reach the
 * directory, else in a user namespace by {@code unshare}, where root looks like 65534 and still
 * reaches what root owns.
 *
 * @param prefix what stands before the command that drops the privileges; empty when not root
 * @param uid owner that the directory must have, or -1 to leave it as it is
 */
@PortAdapter
public record Unprivileged(List<String> prefix, int uid) {
  /** Conventional number of the user without rights on every Unix. */
  private static final int NOBODY = 65534;

  /** A probe such as {@code setpriv … test -w DIR} answers in milliseconds on an idle machine. */
  private static final long PROBE_LIMIT_S = 60;

  private static final List<String> SETPRIV =
      List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--");
  private static final List<String> UNSHARE = List.of("unshare", "-U", "--");

  public Unprivileged {
    prefix = List.copyOf(prefix);
  }

  /**
   * Finds the way for a directory that exists, and gives the directory to the right owner. An owner
   * that an earlier run chose is kept.
   *
   * @throws ProblemException we are root and neither way works here
   */
  public static Unprivileged on(Path directory) {
    try {
      if (new UnixSystem().getUid() != 0) {
        return new Unprivileged(List.of(), -1);
      }
      int owner = (Integer) Files.getAttribute(directory, "unix:uid");
      if (owner == NOBODY || isEmpty(directory)) {
        own(directory, NOBODY);
        if (succeeds(SETPRIV, List.of("test", "-w", directory.toString()))) {
          return new Unprivileged(SETPRIV, NOBODY);
        }
        own(directory, owner);
      }
      if (owner == 0 && succeeds(UNSHARE, List.of("test", "-w", directory.toString()))) {
        return new Unprivileged(UNSHARE, 0);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    throw new ProblemException(
        "cannot-drop-root",
        "PostgreSQL does not run as root, and user " + NOBODY + " cannot use " + directory + ".",
        "Run Copyhold as another user, or choose a data directory whose parents every user may"
            + " enter (and install setpriv), or give the address of your own server.");
  }

  /** The command with dropped privileges. */
  public List<String> command(List<String> command) {
    return Stream.concat(prefix.stream(), command.stream()).toList();
  }

  /**
   * The command with dropped privileges that gets the signal when this JVM dies, where the system
   * can do that; elsewhere the next start has to find and stop the orphan.
   */
  public List<String> commandEndingWithParent(String signal, List<String> command) {
    List<String> all = new ArrayList<>(prefix);
    if (hasParentDeathSignal()) {
      all.addAll(List.of("setpriv", "--pdeathsig", signal, "--"));
    }
    all.addAll(Spawner.apart(command));
    return List.copyOf(all);
  }

  /** Gives a file to the user that the server runs as. */
  public void own(Path file) throws IOException {
    if (uid >= 0) {
      own(file, uid);
    }
  }

  private static boolean hasParentDeathSignal() {
    return Files.isDirectory(Path.of("/proc/self")) && Spawner.isOnPath("setpriv");
  }

  private static void own(Path path, int uid) throws IOException {
    Files.setAttribute(path, "unix:uid", uid);
    Files.setAttribute(path, "unix:gid", uid);
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.findAny().isEmpty();
    }
  }

  private static boolean succeeds(List<String> prefix, List<String> command) {
    try {
      Process probe =
          Spawner.start(
              new ProcessBuilder(Stream.concat(prefix.stream(), command.stream()).toList())
                  .directory(new File("/"))
                  .redirectErrorStream(true)
                  .redirectOutput(ProcessBuilder.Redirect.DISCARD));
      if (probe.waitFor(PROBE_LIMIT_S, TimeUnit.SECONDS)) {
        return probe.exitValue() == 0;
      }
      probe.destroyForcibly();
      return false;
    } catch (IOException e) {
      return false; // no such program here
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
