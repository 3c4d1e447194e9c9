package io.copyhold.runtime.postgres;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.process.ProtectedFile;
import io.copyhold.runtime.process.Spawner;
import io.copyhold.runtime.process.Unprivileged;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The directory of one embedded server, locked by this process: {@code data} is PostgreSQL's own,
 * {@code superuser} holds the password (mode 0600), {@code lock} the owner. Made under another name
 * and renamed when whole, so a crash while making it leaves nothing half-done.
 */
@PortAdapter
final class DataDirectory implements Closeable {
  static final String SUPERUSER = "postgres";

  private static final String POSTMASTER_PID = "postmaster.pid";

  /** Line of {@code postmaster.pid} with the state: starting, ready, stopping, standby. */
  private static final int STATUS_LINE = 7;

  private final EmbeddedPostgresSettings settings;
  private final PostgresBinaries binaries;
  private final DirectoryLock lock;
  private final Path data;

  private DataDirectory(
      EmbeddedPostgresSettings settings, PostgresBinaries binaries, DirectoryLock lock) {
    this.settings = settings;
    this.binaries = binaries;
    this.lock = lock;
    this.data = settings.directory().resolve("data");
  }

  /** Takes the directory, makes the cluster when there is none, and ends an orphaned server. */
  static DataDirectory open(EmbeddedPostgresSettings settings) throws IOException {
    Path directory = settings.directory();
    Files.createDirectories(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    DirectoryLock lock = DirectoryLock.take(directory);
    try {
      Files.createDirectories(settings.cache());
      DataDirectory opened =
          new DataDirectory(settings, PostgresBinaries.unpackedUnder(settings.cache()), lock);
      if (Files.exists(opened.data.resolve("PG_VERSION"))) {
        opened.requireVersion();
        opened.endOrphan();
      } else {
        opened.make();
      }
      return opened;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  Path data() {
    return data;
  }

  Path program(String name) {
    return binaries.program(name);
  }

  Unprivileged user() {
    return Unprivileged.on(data);
  }

  String password() throws IOException {
    return Files.readString(passwordFile()).trim();
  }

  /** Whether the server of that process says it takes connections; of a standby, only reads. */
  boolean ready(long pid) throws IOException {
    List<String> lines = postmasterLines();
    return lines.size() > STATUS_LINE
        && lines.getFirst().trim().equals(Long.toString(pid))
        && (lines.get(STATUS_LINE).trim().equals("ready")
            || lines.get(STATUS_LINE).trim().equals("standby")
                && Files.exists(data.resolve("standby.signal")));
  }

  /** Sends a signal as the user the server runs as: INT stops fast, QUIT at once. */
  void signal(String name, long pid) throws IOException {
    run("pg_ctl", user(), List.of("kill", name, Long.toString(pid)), Duration.ofSeconds(60));
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }

  private Path passwordFile() {
    return settings.directory().resolve("superuser");
  }

  private void requireVersion() throws IOException {
    String version = Files.readString(data.resolve("PG_VERSION")).trim();
    if (!version.equals(Integer.toString(PostgresBinaries.MAJOR))) {
      throw new ProblemException(
          "other-postgres-version",
          "The data in "
              + data
              + " belongs to PostgreSQL "
              + version
              + ", but the embedded server is "
              + PostgresBinaries.MAJOR
              + ".",
          "Start it with a release of Copyhold that embeds "
              + version
              + ", or dump and reload it.");
    }
    if (!Files.exists(passwordFile())) {
      throw new ProblemException(
          "no-superuser-password",
          "The file " + passwordFile() + " with the server's password is missing.",
          "Restore it from where it was kept; the server does not start without it.");
    }
  }

  private void make() throws IOException {
    if (Files.exists(data)) {
      throw new ProblemException(
          "not-a-data-directory",
          "The directory " + data + " exists but holds no PostgreSQL data.",
          "Restore its content, or move it away to begin with an empty server.");
    }
    Path fresh = settings.directory().resolve("data.new");
    Path handed = settings.directory().resolve("superuser.initdb");
    FileTrees.delete(fresh);
    Files.createDirectory(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Unprivileged user = Unprivileged.on(fresh);
    ProtectedFile.write(passwordFile(), Passwords.random(new SecureRandom()));
    ProtectedFile.write(handed, password()); // a copy that the unprivileged user may read
    try {
      user.own(handed);
      List<String> arguments =
          new ArrayList<>(
              List.of(
                  "--pgdata=" + fresh,
                  "--username=" + SUPERUSER,
                  "--pwfile=" + handed,
                  "--auth=scram-sha-256",
                  "--encoding=UTF8",
                  "--locale=C",
                  "--wal-segsize=" + settings.walSegmentMb(),
                  "--data-checksums",
                  "--no-instructions"));
      if (!settings.durable()) {
        arguments.add("--no-sync");
      }
      run("initdb", user, arguments, settings.startLimit());
    } finally {
      Files.deleteIfExists(handed);
    }
    Files.move(fresh, data, StandardCopyOption.ATOMIC_MOVE);
    ProtectedFile.sync(settings.directory());
  }

  /**
   * A server can outlive the process that started it where there is no parent-death signal. It is
   * stopped, and a file that a dead server left is removed when its number belongs to another
   * program now (PostgreSQL itself removes it when the number is free).
   */
  private void endOrphan() throws IOException {
    Optional<ProcessHandle> process = postmaster();
    if (process.isEmpty()) {
      return;
    }
    ProcessHandle orphan = process.get();
    if (!serves(orphan)) {
      Files.deleteIfExists(data.resolve(POSTMASTER_PID));
      return;
    }
    signal("INT", orphan.pid());
    try {
      orphan.onExit().get(settings.stopLimit().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new ProblemException(
          "orphan-server",
          "A PostgreSQL server of an earlier run (process "
              + orphan.pid()
              + ") still uses "
              + data
              + " and did not stop within "
              + settings.stopLimit()
              + ".",
          "End that process and start again.",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } catch (ExecutionException | CompletionException e) {
      throw new IOException("cannot wait for process " + orphan.pid(), e);
    }
  }

  private Optional<ProcessHandle> postmaster() throws IOException {
    List<String> lines = postmasterLines();
    if (lines.isEmpty() || !lines.getFirst().trim().matches("[0-9]{1,10}")) {
      return Optional.empty();
    }
    return ProcessHandle.of(Long.parseLong(lines.getFirst().trim())).filter(ProcessHandle::isAlive);
  }

  private boolean serves(ProcessHandle process) {
    String[] arguments = process.info().arguments().orElse(new String[0]);
    return List.of(arguments).contains(data.toString());
  }

  private List<String> postmasterLines() throws IOException {
    Path file = data.resolve(POSTMASTER_PID);
    try {
      return Files.readAllLines(file);
    } catch (java.nio.file.NoSuchFileException e) {
      return List.of();
    }
  }

  private void run(String program, Unprivileged user, List<String> arguments, Duration limit)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(program(program).toString()));
    command.addAll(arguments);
    Process process =
        Spawner.start(
            builder(user.commandEndingWithParent("KILL", command)).redirectErrorStream(true));
    String output;
    try (var in = process.getInputStream()) {
      process.getOutputStream().close();
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new IOException(program + " did not end within " + limit);
      }
      output = new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while running " + program, e);
    }
    if (process.exitValue() != 0) {
      throw new IOException(program + " ended with " + process.exitValue() + ": " + output.strip());
    }
  }

  /** A command that hears neither our locale nor anybody's PGDATA. */
  ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).directory(binaries.directory().toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("PG"));
    builder.environment().put("LC_ALL", "C");
    return builder;
  }
}
