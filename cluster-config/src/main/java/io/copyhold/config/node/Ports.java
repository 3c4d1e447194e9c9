package io.copyhold.config.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValueFactory;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.process.ProtectedFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The port of everything that listens in one data directory, by names such as {@code http.node-1}.
 * Chosen once and remembered in {@code ports.json}, so the same addresses hold after a restart.
 */
@PortAdapter
final class Ports {
  private static final String FILE = "ports.json";

  private final Path file;
  private final String host;
  private final Map<String, Integer> chosen = new LinkedHashMap<>();

  private Ports(Path file, String host) {
    this.file = file;
    this.host = host;
  }

  static Ports of(Path data, String host) throws IOException {
    Ports ports = new Ports(data.resolve(FILE), host);
    if (Files.exists(ports.file)) {
      Config remembered = ConfigFactory.parseString(Files.readString(ports.file));
      remembered
          .root()
          .forEach((name, port) -> ports.chosen.put(name, ((Number) port.unwrapped()).intValue()));
    }
    return ports;
  }

  /**
   * The port of that name.
   *
   * @param wanted this one from now on; 0 for a free one; empty for the remembered one
   * @param first when none is wanted and none remembered
   */
  int port(String name, OptionalInt wanted, int first) throws IOException {
    Integer before = chosen.get(name);
    int port = wanted.orElse(before == null ? first : before);
    if (port == 0) {
      port = before == null ? free() : before;
    }
    if (port > 65535) {
      throw new IllegalArgumentException("port " + port + " for " + name);
    }
    chosen.put(name, port);
    return port;
  }

  void remember() throws IOException {
    ProtectedFile.write(
        file,
        ConfigValueFactory.fromMap(chosen)
            .render(ConfigRenderOptions.concise().setFormatted(true)));
  }

  private int free() throws IOException {
    Set<Integer> taken = new HashSet<>(chosen.values());
    while (true) {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
        if (!taken.contains(socket.getLocalPort())) {
          return socket.getLocalPort();
        }
      }
    }
  }
}
