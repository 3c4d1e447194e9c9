package io.copyhold.chaos.run;

import com.typesafe.config.ConfigFactory;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.nemesis.Nemesis;
import io.copyhold.config.node.ChildState;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The processes of an installation, as the nemesis and the clients see them. */
final class Victims implements Nemesis.Cluster, AutoCloseable {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(3);

  private final Installation installation;
  private final Path data;
  private final List<URI> urls;
  private final List<String> nodes;
  private final Map<String, Api> apis = new LinkedHashMap<>();

  /**
   * @param data the installation's directory
   */
  Victims(Installation installation, Path data) {
    this.installation = installation;
    this.data = data;
    List<ChildState> children =
        installation.state().children().stream()
            .filter(child -> child.name().startsWith("node-"))
            .toList();
    this.nodes = children.stream().map(ChildState::name).toList();
    this.urls =
        children.stream().map(child -> URI.create("http://127.0.0.1:" + child.port())).toList();
    for (int i = 0; i < nodes.size(); i++) {
      apis.put(nodes.get(i), new Api(urls.get(i), "none"));
    }
  }

  List<String> nodes() {
    return nodes;
  }

  /** They stay the same over restarts. */
  List<URI> urls() {
    return urls;
  }

  @Override
  public long pid(String name) {
    return installation.state().child(name).map(ChildState::pid).orElse(0L);
  }

  @Override
  public int port(String name) {
    if (nodes.contains(name)) {
      return ConfigFactory.parseFile(data.resolve("nodes").resolve(name + ".conf").toFile())
          .getInt("copyhold.node.remoting.port");
    }
    return installation.state().child(name).orElseThrow().port();
  }

  /** A majority: the next fault may hit while a node is still starting. */
  @Override
  public boolean recovered() throws InterruptedException {
    return answering() > nodes.size() / 2;
  }

  boolean allAnswer() throws InterruptedException {
    return answering() == nodes.size();
  }

  private int answering() throws InterruptedException {
    int answering = 0;
    for (Api api : apis.values()) {
      answering += api.answers("/health/ready", ANSWER_LIMIT) ? 1 : 0;
    }
    return answering;
  }

  @Override
  public void close() {
    apis.values().forEach(Api::close);
  }
}
