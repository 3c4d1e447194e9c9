package io.copyhold.config.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.runtime.journal.JournalSettings;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

/** A node process with nothing in it: it writes down how it lives and ends. */
final class TinyNode {
  private TinyNode() {}

  public static void main(String[] arguments) throws InterruptedException, IOException {
    if (!arguments[0].equals("--config")) {
      System.exit(2);
    }
    Config config =
        ConfigFactory.parseFile(new File(arguments[1])).withFallback(ConfigFactory.load());
    NodeSettings settings = NodeSettings.from(config);
    Path told = settings.data().resolve("nodes").resolve(settings.name());
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> write(told, ".ended", database(config, settings.name()))));
    ParentWatch.watch(System.in, () -> System.exit(0));
    write(told, ".started", database(config, settings.name()));
    System.out.println(settings.name() + " started");
    Thread.sleep(Long.MAX_VALUE);
  }

  private static String database(Config config, String name) {
    try (Connection c = JournalSettings.from(config).database().connect(name)) {
      return c.getMetaData().getUserName() + "@" + c.getCatalog();
    } catch (SQLException e) {
      return "no database: " + e.getMessage();
    }
  }

  private static void write(Path file, String suffix, String text) {
    try {
      Files.writeString(file.resolveSibling(file.getFileName() + suffix), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
