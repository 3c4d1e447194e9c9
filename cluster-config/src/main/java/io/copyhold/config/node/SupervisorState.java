package io.copyhold.config.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import io.copyhold.config.node.ChildState.Phase;
import io.copyhold.runtime.postgres.DirectoryLock;
import io.copyhold.runtime.process.ProtectedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What runs in a data directory, as told by the file {@code state.json} in it.
 *
 * @param pid the supervisor
 * @param started when it started
 * @param children databases first, then nodes
 */
public record SupervisorState(long pid, Instant started, List<ChildState> children) {
  private static final String FILE = "state.json";

  public SupervisorState {
    children = List.copyOf(children);
  }

  /**
   * What runs there now; empty when no supervisor holds the directory, or is only just starting.
   */
  public static Optional<SupervisorState> read(Path data) throws IOException {
    OptionalLong holder = DirectoryLock.holder(data);
    Path file = data.resolve(FILE);
    if (holder.isEmpty() || !Files.exists(file)) {
      return Optional.empty();
    }
    try {
      SupervisorState state = parse(Files.readString(file));
      return Optional.of(state).filter(s -> s.pid() == holder.getAsLong());
    } catch (ConfigException e) {
      throw new IOException("cannot read " + file, e);
    }
  }

  /** The child of that name. */
  public Optional<ChildState> child(String name) {
    return children.stream().filter(c -> c.name().equals(name)).findFirst();
  }

  void write(Path data) throws IOException {
    List<Map<String, Object>> all =
        children.stream()
            .map(c ->
                Map.<String, Object>of(
                    "name", c.name(),
                    "phase", c.phase().name(),
                    "pid", c.pid(),
                    "port", c.port(),
                    "restarts", c.restarts(),
                    "note", c.note()))
            .toList();
    Map<String, Object> root = Map.of("pid", pid, "started", started.toString(), "children", all);
    String json =
        ConfigFactory.parseMap(root)
            .root()
            .render(ConfigRenderOptions.concise().setFormatted(true));
    ProtectedFile.write(data.resolve(FILE), json);
  }

  private static SupervisorState parse(String json) {
    Config c = ConfigFactory.parseString(json);
    List<ChildState> children =
        c.getConfigList("children").stream()
            .map(child ->
                new ChildState(
                    child.getString("name"),
                    Phase.valueOf(child.getString("phase")),
                    child.getLong("pid"),
                    child.getInt("port"),
                    child.getInt("restarts"),
                    child.getString("note")))
            .toList();
    return new SupervisorState(c.getLong("pid"), Instant.parse(c.getString("started")), children);
  }
}
