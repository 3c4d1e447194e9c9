package io.copyhold.chaos.fault;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.process.ProtectedFile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The fault agent over its API. */
@PortAdapter
public final class AgentClient implements FaultAgent, AutoCloseable {
  /** The agent is on this machine and does nothing slow, but may be kept waiting by its disk. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final int port;
  private final Supplier<String> token;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();

  /**
   * @param port 0 when there is no agent; then every call is refused
   */
  AgentClient(int port, Path tokenFile) {
    this.port = port;
    this.token = ProtectedFile.secret(tokenFile);
  }

  /**
   * @param config with {@code copyhold.chaos.agent}
   */
  public static AgentClient from(Config config) {
    Config agent = config.getConfig("copyhold.chaos.agent");
    return new AgentClient(agent.getInt("port"), Path.of(agent.getString("token-file")));
  }

  /** Whether this installation has an agent. */
  public boolean present() {
    return port != 0;
  }

  @Override
  public Reach reach() throws IOException, InterruptedException {
    return Mappers.JSON.treeToValue(call("reach", Map.of()), Reach.class);
  }

  @Override
  public void watch(String id, List<Probe> probes, String beacon)
      throws IOException, InterruptedException {
    call(
        "watch",
        Mappers.tree(new AgentServer.Watching(id, probes, beacon), AgentServer.Watching.class));
  }

  @Override
  public Observed observed(String id, Duration waitFor) throws IOException, InterruptedException {
    return Mappers.JSON.treeToValue(
        call("observed", new AgentServer.Waiting(id, waitFor.toMillis())), Observed.class);
  }

  @Override
  public FaultState plan(String id, Fault fault, Timing timing)
      throws IOException, InterruptedException {
    JsonNode planning =
        Mappers.tree(new AgentServer.Planning(id, fault, timing), AgentServer.Planning.class);
    return Mappers.JSON.treeToValue(call("plan", planning), FaultState.class);
  }

  @Override
  public FaultState renew(String id) throws IOException, InterruptedException {
    return state("renew", id);
  }

  @Override
  public FaultState lift(String id) throws IOException, InterruptedException {
    return state("lift", id);
  }

  @Override
  public void forget(String id) throws IOException, InterruptedException {
    call("forget", new AgentServer.Named(id));
  }

  /** What stands with the agent for a node. */
  List<Orders.Order> orders(String node) throws IOException, InterruptedException {
    List<Orders.Order> orders = new ArrayList<>();
    for (JsonNode order : call("orders", new AgentServer.Named(node))) {
      orders.add(Mappers.JSON.treeToValue(order, Orders.Order.class));
    }
    return orders;
  }

  /** Whether an attempt at a step is to fail. */
  boolean take(String order) throws IOException, InterruptedException {
    return call("take", new AgentServer.Named(order)).path("taken").asBoolean();
  }

  private FaultState state(String method, String id) throws IOException, InterruptedException {
    return Mappers.JSON.treeToValue(call(method, new AgentServer.Named(id)), FaultState.class);
  }

  private JsonNode call(String method, Object arguments) throws IOException, InterruptedException {
    if (port == 0) {
      throw new ProblemException(
          Problem.conflict("no-fault-agent", "this installation has no fault agent")
              .todo("start it with 'copyhold up --relays'"));
    }
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/" + method))
                .timeout(LIMIT)
                .header("Authorization", "Bearer " + token.get())
                .POST(
                    HttpRequest.BodyPublishers.ofString(Mappers.JSON.writeValueAsString(arguments)))
                .build(),
            BodyHandlers.ofString());
    JsonNode body = Mappers.JSON.readTree(answer.body());
    if (answer.statusCode() == 200) {
      return body;
    }
    throw new ProblemException(Mappers.JSON.treeToValue(body, Problem.class));
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
