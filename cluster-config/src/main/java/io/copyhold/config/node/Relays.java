package io.copyhold.config.node;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigRenderOptions;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.process.ProtectedFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Which links of one machine go through the fault agent, a child of the supervisor: each node's way
 * to the control database, all ways to a store, and the ways to each node from the others. Every
 * link has a port of the agent's, and the agent is told where it leads.
 */
@PortAdapter
final class Relays {
  /** Name of the child. */
  static final String AGENT = "faults";

  /** Names the agent's main class; a module above this one sets it in its reference.conf. */
  private static final String AGENT_CLASS = "copyhold.supervisor.fault-agent";

  /** Where such a module tells what its agent may use. */
  private static final String LIMITS = "copyhold.chaos.agent.limits";

  private final SupervisorSettings settings;
  private final Ports ports;
  private final List<Map<String, Object>> links = new ArrayList<>();
  private final Map<String, Object> sources = new LinkedHashMap<>();

  Relays(SupervisorSettings settings, Ports ports) {
    this.settings = settings;
    this.ports = ports;
    if (!settings.host().startsWith("127.")) {
      throw new ProblemException(
          "relays-need-loopback",
          "Relays work on one machine only; copyhold.supervisor.host is " + settings.host() + ".",
          "Leave the host at 127.0.0.1, or start without relays.");
    }
  }

  /**
   * A link to {@code to}.
   *
   * @param from the node that alone uses it; empty when all do
   * @return the port to use in place of {@code port}
   */
  int link(String from, String to, int port) throws IOException {
    String name = (from.isEmpty() ? "*" : from) + ">" + to;
    int listen = ports.port("relay." + name, OptionalInt.of(0), 0);
    links.add(
        Map.of(
            "name",
            name,
            "from",
            from,
            "to",
            to,
            "listen",
            listen,
            "host",
            "127.0.0.1",
            "port",
            port));
    return listen;
  }

  /** The address that a node's connections to other nodes come from, to tell them apart. */
  String source(String node, int index) {
    String address = "127.0.1." + (index + 1);
    sources.put(address, node);
    return address;
  }

  /** What each node is told of the agent. */
  Map<String, Object> told() throws IOException {
    return Map.of(
        "copyhold.chaos.agent.port", port(), "copyhold.chaos.agent.token-file", token().toString());
  }

  /** Port of the agent's API. */
  int port() throws IOException {
    return ports.port("http." + AGENT, OptionalInt.of(0), 0);
  }

  private Path token() {
    return settings.data().resolve("faults.token");
  }

  /** Writes the agent's settings; its links must all be known. */
  Path write() throws IOException {
    ports.remember();
    Map<String, Object> agent = new HashMap<>();
    agent.put("data", settings.data().toString());
    agent.put("port", port());
    agent.put("token-file", token().toString());
    agent.put("links", links);
    agent.put(
        "sources",
        new ArrayList<>(
            sources.entrySet().stream()
                .map(source -> Map.of("address", source.getKey(), "node", source.getValue()))
                .toList()));
    Path file = settings.data().resolve("nodes").resolve(AGENT + ".conf");
    ProtectedFile.write(
        file,
        // with what its user has set of its limits
        (settings.config().hasPath(LIMITS)
                ? ConfigFactory.parseMap(Map.of("agent", agent))
                    .withValue(LIMITS, settings.config().getValue(LIMITS))
                : ConfigFactory.parseMap(Map.of("agent", agent)))
            .root()
            .render(ConfigRenderOptions.concise().setFormatted(true)));
    return file;
  }

  /** The agent as a process like a node's. */
  NodeCommand command() {
    if (!settings.config().hasPath(AGENT_CLASS)) {
      throw new ProblemException(
          "fault-agent-missing",
          "Relays are on, and no module on the class path brings a fault agent.",
          "Run with the chaos module, or without relays.");
    }
    return NodeCommand.jvm(
        settings.config().getString(AGENT_CLASS),
        List.of(
            "--sun-misc-unsafe-memory-access=allow",
            "--enable-native-access=ALL-UNNAMED",
            "-Dslf4j.internal.verbosity=ERROR",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Xmx96m"));
  }
}
