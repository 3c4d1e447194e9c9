package io.copyhold.runtime.postgres;

import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;

/** A process that owns a server, to be killed by {@link OrphanTest}. */
final class ServerOwner {
  private ServerOwner() {}

  public static void main(String[] arguments) throws InterruptedException {
    EmbeddedPostgresSettings settings =
        EmbeddedPostgresSettings.from(
            ConfigFactory.load().getConfig("copyhold.postgres.embedded"), Path.of(arguments[0]));
    EmbeddedPostgres server = EmbeddedPostgres.start(settings);
    System.out.println("started " + server.pid() + " " + server.port());
    Thread.sleep(Long.MAX_VALUE);
  }
}
