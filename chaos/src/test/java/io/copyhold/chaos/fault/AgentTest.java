package io.copyhold.chaos.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.copyhold.chaos.fault.FaultState.End;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.RuntimeConfig;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.operation.OperationType;
import io.copyhold.runtime.operation.Step;
import io.copyhold.runtime.operation.StepContext;
import io.copyhold.runtime.operation.StepResult;
import io.copyhold.runtime.postgres.DirectoryLock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent with its API, and a server in the place of a node that can be told to be wrong. */
@PortAdapter
class AgentTest {
  private static final Config CONFIG = RuntimeConfig.of(ConfigFactory.empty());
  private static final long PATIENCE_NANOS = 120_000_000_000L;
  private static final Timing LONG = new Timing(0, 3_600_000, 3_600_000);

  @TempDir private Path data;
  private final AtomicInteger status = new AtomicInteger(200);
  private final AtomicInteger reads = new AtomicInteger();
  private final AtomicLong highest = new AtomicLong();
  private DirectoryLock lock;
  private HttpServer node;
  private Agent agent;
  private AgentServer server;
  private AgentClient client;

  @BeforeEach
  void open() throws IOException {
    node = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    node.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    node.createContext("/v1/beacons/exp", this::beacon);
    node.createContext("/v1/stores", exchange -> answer(exchange, status.get(), "{}"));
    node.createContext(
        "/v1/load",
        exchange -> {
          reads.incrementAndGet();
          answer(exchange, 200, "{}");
        });
    node.start();
    lock = DirectoryLock.take(data);
    Files.writeString(data.resolve("operator.token"), "chd_x\n");
    Files.writeString(
        data.resolve("state.json"),
        """
        {"pid": %d, "started": "2026-01-02T03:04:05Z", "children": [
          {"name": "node-1", "phase": "RUNNING", "pid": 0, "port": %d, "restarts": 0, "note": ""}]}
        """
            .formatted(ProcessHandle.current().pid(), node.getAddress().getPort()));
    AgentSettings settings =
        new AgentSettings(
            data, 0, data.resolve("faults.token"), List.of(), Map.of(), AgentLimits.from(CONFIG));
    agent = new Agent(settings);
    server = new AgentServer(agent, settings);
    client = new AgentClient(server.port(), settings.tokenFile());
  }

  @AfterEach
  void close() throws IOException {
    client.close();
    server.close();
    agent.close();
    node.stop(0);
    lock.close();
  }

  private void beacon(HttpExchange exchange) throws IOException {
    if (exchange.getRequestMethod().equals("GET")) {
      answer(exchange, 200, "{\"state\":{\"highest\":" + highest.get() + "}}");
      return;
    }
    JsonNode body = Mappers.JSON.readTree(exchange.getRequestBody().readAllBytes());
    long n = body.path("n").asLong();
    if (n > highest.get() + 1) {
      answer(exchange, 409, "{\"type\":\"urn:copyhold:problem:beacon-gap\"}");
    } else {
      highest.accumulateAndGet(n, Math::max);
      answer(exchange, 200, "{}");
    }
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    try (exchange) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private static void until(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("patience").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private Observed.Seen seen() throws Exception {
    return client.observed("exp/1", Duration.ofMillis(50)).probes().getFirst();
  }

  @Test
  void anOutageIsSeenFromItsFirstBadAnswerToTheNextGoodOne() throws Exception {
    client.watch("exp/1", List.of(new Probe.Http("reads", "/v1/stores", 200, 60_000, null)), "exp");
    until(() -> seen().samples() > 2);
    assertThat(seen().trouble()).isNull();
    status.set(500);
    until(() -> seen().failures() > 2);
    assertThat(seen().steadyMs()).isZero();
    assertThat(seen().outages().getLast().to()).isNull();
    status.set(200);
    until(() -> seen().outages().getLast().to() != null);
    assertThat(seen().outages().getLast().ms()).isPositive();
    assertThat(seen().outages().getLast().why()).startsWith("500");
    client.forget("exp/1");
    assertThatThrownBy(this::seen).isInstanceOf(ProblemException.class);
  }

  @Test
  void anAcknowledgedChangeThatIsGoneIsCounted() throws Exception {
    client.watch("exp/1", List.of(new Probe.Write("writes", 60_000)), "exp");
    until(() -> seen().acknowledged() >= 3);
    assertThat(seen().lost()).isZero();
    long forgotten = highest.getAndUpdate(n -> n - 1); // the planted bug
    until(() -> seen().lost() > 0);
    assertThat(seen().lost()).isBetween(1L, 2L);
    until(() -> highest.get() > forgotten + 1);
  }

  @Test
  void loadComesAndEnds() throws Exception {
    client.plan("exp/1/0", new Fault.LoadSpike("/v1/load", 50), LONG);
    until(() -> reads.get() > 20);
    assertThat(client.lift("exp/1/0").end()).isEqualTo(End.LIFTED);
  }

  @Test
  void aClockIsWrongUntilTheFaultIsOverAndWhenTheAgentIsGone() throws Exception {
    Instant now = Instant.parse("2026-01-02T03:04:05Z");
    try (NodeFaults faults =
        NodeFaults.start(
            new AgentClient(server.port(), data.resolve("faults.token")), "node-1", CONFIG)) {
      InstantSource clock = faults.clock(() -> now);
      assertThat(clock.instant()).isEqualTo(now);
      client.plan("exp/1/0", new Fault.ClockJump("node-2", 60), LONG);
      client.plan("exp/1/1", new Fault.ClockJump("node-1", -3_600), LONG);
      until(() -> clock.instant().equals(now.minusSeconds(3_600)));
      client.lift("exp/1/1");
      until(() -> clock.instant().equals(now));
      client.plan("exp/1/2", new Fault.ClockJump("node-1", 60), LONG);
      until(() -> clock.instant().equals(now.plusSeconds(60)));
      server.close();
      until(() -> clock.instant().equals(now));
    }
  }

  /** An operation of one step that always works. */
  private record Job() implements OperationType<Job> {
    @Override
    public String name() {
      return "job";
    }

    @Override
    public String version() {
      return "1.0.0";
    }

    @Override
    public Class<Job> input() {
      return Job.class;
    }

    @Override
    public List<Step> steps(Job input) {
      return List.of(
          new Step() {
            @Override
            public String name() {
              return "work";
            }

            @Override
            public StepResult run(StepContext step) {
              return StepResult.done();
            }
          });
    }
  }

  @Test
  @SuppressWarnings("NullAway") // the step asks nothing of its context
  void aStepFailsSoManyTimes() throws Exception {
    try (NodeFaults faults =
        NodeFaults.start(
            new AgentClient(server.port(), data.resolve("faults.token")), "node-1", CONFIG)) {
      Step step = faults.around(new Job()).steps(new Job()).getFirst();
      assertThat(step.run(null)).isEqualTo(StepResult.done());
      client.plan("exp/1/0", new Fault.FailStep("job", "other", 1), LONG);
      client.plan("exp/1/1", new Fault.FailStep("job", "work", 2), LONG);
      until(() -> step.run(null) instanceof StepResult.NotNow);
      assertThat(step.run(null)).isInstanceOf(StepResult.NotNow.class);
      assertThat(step.run(null)).isEqualTo(StepResult.done());
    }
  }

  @Test
  void withoutTheTokenNothingIsDone() throws Exception {
    Path wrong = Files.writeString(data.resolve("wrong"), "x\n");
    try (AgentClient stranger = new AgentClient(server.port(), wrong)) {
      assertThatThrownBy(stranger::reach)
          .isInstanceOfSatisfying(
              ProblemException.class, e -> assertThat(e.problem().code()).isEqualTo("token-wrong"));
    }
    assertThat(client.reach()).isEqualTo(new FaultAgent.Reach(List.of("node-1"), List.of()));
  }

  @Test
  void aLinkWithoutARelayIsRefused() {
    assertThatThrownBy(() -> client.plan("exp/1/0", new Fault.StoreAway("store-a", true), LONG))
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem().code()).isEqualTo("no-relay"));
  }
}
