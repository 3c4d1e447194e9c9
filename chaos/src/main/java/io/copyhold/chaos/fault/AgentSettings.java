package io.copyhold.chaos.fault;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What an agent is told by its supervisor.
 *
 * @param data the installation's directory
 * @param port of the agent's own API, 0 for a free one
 * @param tokenFile what its API is opened with; written by the agent
 * @param links to relay
 * @param nodes which node has which source address
 * @param limits of what it may use
 */
record AgentSettings(
    Path data,
    int port,
    Path tokenFile,
    List<To> links,
    Map<String, String> nodes,
    AgentLimits limits) {

  /**
   * One link.
   *
   * @param from the node that alone uses it; empty when all do
   */
  record To(String name, String from, String to, int listen, String host, int port) {}

  static AgentSettings from(Config config) {
    Config agent = config.getConfig("agent");
    Map<String, String> nodes = new HashMap<>();
    agent
        .getConfigList("sources")
        .forEach(source -> nodes.put(source.getString("address"), source.getString("node")));
    return new AgentSettings(
        Path.of(agent.getString("data")),
        agent.getInt("port"),
        Path.of(agent.getString("token-file")),
        agent.getConfigList("links").stream()
            .map(link ->
                new To(
                    link.getString("name"),
                    link.getString("from"),
                    link.getString("to"),
                    link.getInt("listen"),
                    link.getString("host"),
                    link.getInt("port")))
            .toList(),
        nodes,
        AgentLimits.from(config));
  }
}
