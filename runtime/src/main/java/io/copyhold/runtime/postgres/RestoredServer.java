package io.copyhold.runtime.postgres;

import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.process.ProtectedFile;
import io.copyhold.runtime.process.RollingLog;
import io.copyhold.runtime.process.Spawner;
import io.copyhold.runtime.process.Unprivileged;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Makes the directory of an embedded server from a base backup:
 *
 * <ol>
 *   <li>The backup is unpacked beside, each file compared with its checksum.
 *   <li>The server replays its log, and the archived log up to the time wanted, and begins a new
 *       timeline of its own. Nobody can log in meanwhile who does not know the password of then.
 *   <li>The superuser's password is set to the one in the directory's file, without a login.
 * </ol>
 *
 * A crash in the middle leaves {@code data.restoring}, which the next attempt replaces.
 */
@PortAdapter
public final class RestoredServer {
  private static final Duration POLL = Duration.ofMillis(50);
  private static final String AUTO = "postgresql.auto.conf";
  private static final String AUTO_BEFORE = AUTO + ".before";
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSSSSS'+00'").withZone(ZoneOffset.UTC);

  private RestoredServer() {}

  /**
   * Makes {@code settings.directory()/data}, which does not exist.
   *
   * @param archive directory with archived log, or null for what is in the backup
   * @param until null for all there is
   * @throws ProblemException {@code restore-failed} with the server's own words
   */
  public static void make(
      EmbeddedPostgresSettings settings,
      BaseBackup backup,
      @Nullable Path archive,
      @Nullable Instant until) {
    try {
      Path directory = settings.directory();
      Path fresh = directory.resolve("data.restoring");
      Path data = directory.resolve("data");
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
      FileTrees.delete(fresh);
      backup.unpack(fresh);
      configure(fresh, archive, until);
      Path password = directory.resolve("superuser");
      if (!Files.exists(password)) {
        ProtectedFile.write(password, Passwords.random(new SecureRandom()));
      }
      hand(fresh);
      Files.move(fresh, data);
      boolean done = false;
      try (DataDirectory opened = DataDirectory.open(settings)) {
        recover(settings, opened);
        setPassword(settings, opened);
        done = true;
      } finally {
        if (!done) {
          FileTrees.delete(fresh);
          Files.move(data, fresh);
        }
      }
      ProtectedFile.sync(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("restoring into " + settings.directory(), e);
    }
  }

  /**
   * Makes {@code settings.directory()/data}, which does not exist, a standby of the server that the
   * backup was taken from. It follows when it is started; {@code pg_promote} makes it a primary.
   *
   * @param primary how the standby logs in there
   * @param superuser the primary's superuser password, which is the standby's, too
   */
  public static void standby(
      EmbeddedPostgresSettings settings, BaseBackup backup, Database primary, String superuser) {
    try {
      Path directory = settings.directory();
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
      Path data = directory.resolve("data");
      backup.unpack(data);
      Database.Address address = primary.addresses().getFirst();
      Files.writeString(
          data.resolve(AUTO),
          "\nprimary_conninfo = "
              + Identifiers.literal(
                  "host="
                      + value(address.host())
                      + " port="
                      + address.port()
                      + " user="
                      + value(primary.user())
                      + " password="
                      + value(primary.password().get())
                      + " sslmode="
                      + primary.sslMode()
                      + " application_name=copyhold_standby")
              + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
      Files.createFile(data.resolve("standby.signal"));
      ProtectedFile.write(directory.resolve("superuser"), superuser);
      hand(data);
    } catch (IOException e) {
      throw new UncheckedIOException("making a standby in " + settings.directory(), e);
    }
  }

  /** As libpq reads a connection string. */
  private static String value(String text) {
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
  }

  private static void configure(Path data, @Nullable Path archive, @Nullable Instant until)
      throws IOException {
    StringBuilder conf = new StringBuilder();
    conf.append("restore_command = '").append(archive == null ? "false" : copy(archive));
    conf.append("'\nrecovery_target_action = 'promote'\n");
    if (until != null) {
      conf.append("recovery_target_time = '").append(TIME.format(until)).append("'\n");
    }
    Path auto = data.resolve(AUTO);
    String before = Files.exists(auto) ? Files.readString(auto) : "";
    Files.writeString(data.resolve(AUTO_BEFORE), before);
    Files.writeString(auto, before + "\n" + conf);
    Files.createFile(data.resolve("recovery.signal"));
    Files.deleteIfExists(data.resolve("standby.signal"));
  }

  private static String copy(Path archive) {
    String path = archive.toAbsolutePath().normalize().toString();
    if (!path.matches("[A-Za-z0-9/._@+ -]+")) {
      throw new ProblemException(
          "archive-path",
          "The path of the archive " + path + " has characters that a shell would read.",
          "Move it to a path of letters, digits, dots and dashes.");
    }
    return "cp \"" + path + "/%f\" \"%p\"";
  }

  private static void hand(Path data) throws IOException {
    // the user that the server runs as is found on a directory that is empty or its own
    Path probe = data.resolveSibling("data.probe");
    FileTrees.delete(probe);
    Files.createDirectory(probe);
    Unprivileged user = Unprivileged.on(probe);
    FileTrees.delete(probe);
    try (Stream<Path> files = Files.walk(data)) {
      for (Path file : files.toList()) {
        Files.setPosixFilePermissions(
            file,
            PosixFilePermissions.fromString(
                Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS) ? "rwx------" : "rw-------"));
        user.own(file);
      }
    }
  }

  private static void recover(EmbeddedPostgresSettings settings, DataDirectory directory)
      throws IOException {
    RollingLog log = new RollingLog(settings.log(), settings.logLimitBytes());
    Process process =
        Spawner.start(
            directory
                .builder(
                    directory
                        .user()
                        .commandEndingWithParent(
                            "INT",
                            EmbeddedPostgres.command(
                                settings.withParameter("archive_mode", "off"),
                                directory,
                                EmbeddedPostgres.freePort(settings.host()))))
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null"))));
    Thread output = log.follow(process.getInputStream());
    long deadline = System.nanoTime() + settings.startLimit().toNanos();
    try {
      // "ready" comes after recovery; meanwhile it says "standby"
      while (process.isAlive() && !directory.ready(process.pid())) {
        if (System.nanoTime() > deadline) {
          throw failed(settings, "did not come to an end within " + settings.startLimit(), log);
        }
        Thread.sleep(POLL);
      }
      if (!process.isAlive()) {
        output.join(Duration.ofSeconds(10));
        throw failed(settings, "ended with status " + process.exitValue(), log);
      }
      directory.signal("INT", process.pid());
      if (!process.waitFor(settings.stopLimit().toMillis(), TimeUnit.MILLISECONDS)) {
        throw failed(settings, "did not stop within " + settings.stopLimit(), log);
      }
      Files.move(
          directory.data().resolve(AUTO_BEFORE),
          directory.data().resolve(AUTO),
          StandardCopyOption.REPLACE_EXISTING);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while recovering", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** In single-user mode, which asks for no login. */
  private static void setPassword(EmbeddedPostgresSettings settings, DataDirectory directory)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                directory.program("postgres").toString(),
                "--single",
                "-D",
                directory.data().toString(),
                "-c",
                "log_statement=none",
                "postgres"));
    Process process =
        Spawner.start(
            directory
                .builder(directory.user().commandEndingWithParent("KILL", command))
                .redirectErrorStream(true));
    try {
      try (var to = process.getOutputStream()) {
        String verifier = ScramVerifier.of(directory.password().toCharArray(), new SecureRandom());
        to.write(
            ("ALTER ROLE "
                    + DataDirectory.SUPERUSER
                    + " PASSWORD "
                    + Identifiers.literal(verifier)
                    + "\n")
                .getBytes(StandardCharsets.US_ASCII));
      }
      process.getInputStream().readAllBytes();
      if (!process.waitFor(settings.stopLimit().toMillis(), TimeUnit.MILLISECONDS)
          || process.exitValue() != 0) {
        throw new IOException("the superuser's password was not set");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static ProblemException failed(
      EmbeddedPostgresSettings settings, String how, RollingLog log) {
    return new ProblemException(
        "restore-failed",
        "Recovery in " + settings.directory() + " " + how + ": " + log.tail().strip(),
        "Read " + settings.log() + ".");
  }
}
