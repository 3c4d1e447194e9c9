package io.copyhold.runtime.postgres;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Real PostgreSQL for tests: one server per test JVM, started when first asked for and removed at
 * its end, on a loopback address of its own. A fresh database costs some 50 ms.
 */
public final class PostgresFixture {
  private static final AtomicInteger COUNTER = new AtomicInteger();
  private static final List<EmbeddedPostgres> SERVERS = new ArrayList<>();
  private static final List<Path> DIRECTORIES = new ArrayList<>();

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(PostgresFixture::removeAll));
  }

  private PostgresFixture() {}

  private static final class Shared {
    static final EmbeddedPostgres SERVER = newServer();
  }

  /** The server that all tests of this JVM share. */
  public static EmbeddedPostgres server() {
    return Shared.SERVER;
  }

  /** An empty database on the shared server, as superuser. Nobody else knows it. */
  public static Database newDatabase() {
    return newDatabase(server());
  }

  /** An empty database on that server, as superuser. */
  public static Database newDatabase(EmbeddedPostgres server) {
    String name = "test_" + COUNTER.incrementAndGet();
    try (Connection c = server.database("postgres").connect("fixture");
        Statement s = c.createStatement()) {
      s.execute("CREATE DATABASE " + Identifiers.quote(name));
    } catch (SQLException e) {
      throw new IllegalStateException("cannot create " + name, e);
    }
    return server.database(name);
  }

  /** Another server, for tests of two stores or of a server's death; ended with this JVM. */
  public static EmbeddedPostgres newServer() {
    return start(newSettings());
  }

  /** Settings of a server that does not exist yet, for tests that start it themselves. */
  public static EmbeddedPostgresSettings newSettings() {
    return EmbeddedPostgresSettings.from(
            ConfigFactory.load().getConfig("copyhold.postgres.embedded"), newDirectory())
        .at(loopback(), 0)
        .notDurable();
  }

  /** Starts a server and ends it with this JVM, unless the test did. */
  public static EmbeddedPostgres start(EmbeddedPostgresSettings settings) {
    EmbeddedPostgres server = EmbeddedPostgres.start(settings);
    synchronized (SERVERS) {
      SERVERS.add(server);
    }
    return server;
  }

  /** A directory that every user may reach, removed with this JVM. */
  public static Path newDirectory() {
    try {
      Path directory = Files.createTempDirectory("copyhold-test-");
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
      synchronized (SERVERS) {
        DIRECTORIES.add(directory);
      }
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** 127.x.y.z of this JVM, where the system has more than one loopback address. */
  public static String loopback() {
    if (!System.getProperty("os.name", "").startsWith("Linux")) {
      return "127.0.0.1";
    }
    long pid = ProcessHandle.current().pid();
    return "127."
        + (100 + (pid >> 16) % 100)
        + '.'
        + ((pid >> 8) & 0xff)
        + '.'
        + ((pid & 0x7f) | 1);
  }

  private static void removeAll() {
    synchronized (SERVERS) {
      SERVERS.forEach(EmbeddedPostgres::close);
      for (Path directory : DIRECTORIES) {
        try {
          FileTrees.delete(directory);
        } catch (IOException e) {
          System.err.println("left behind: " + directory + ": " + e);
        }
      }
    }
  }
}
