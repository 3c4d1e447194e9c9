package io.copyhold.chaos.fault;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.Problem;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import io.copyhold.runtime.process.ProtectedFile;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's API, JSON over HTTP on loopback, behind a token that only the owner of the data
 * directory can read. It speaks to our own nodes alone and is no public contract: {@code POST
 * /METHOD} with the arguments as an object, where METHOD is one of {@link FaultAgent}'s, or one of
 * the two that nodes ask for themselves, {@code orders} and {@code take}.
 */
@PortAdapter
final class AgentServer implements Closeable {
  private static final Logger log = LoggerFactory.getLogger(AgentServer.class);
  private static final int BODY_BYTES_MAX = 256 * 1024;
  private static final long WAIT_MS_MAX = 2_000;

  /** An installed set of probes. */
  record Watching(String id, List<Probe> probes, String beacon) {}

  record Planning(String id, Fault fault, Timing timing) {}

  record Named(String id) {}

  record Waiting(String id, long waitMs) {}

  private final Agent agent;
  private final byte[] token;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  AgentServer(Agent agent, AgentSettings settings) throws IOException {
    this.agent = agent;
    byte[] random = new byte[24];
    new SecureRandom().nextBytes(random);
    String text = HexFormat.of().formatHex(random);
    ProtectedFile.write(settings.tokenFile(), text + "\n");
    this.token = ("Bearer " + text).getBytes(StandardCharsets.UTF_8);
    this.server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), settings.port()), 64);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void handle(HttpExchange exchange) {
    try (exchange) {
      Object answer;
      int status = 200;
      try {
        answer = answered(exchange);
      } catch (ProblemException e) {
        status = e.problem().kind().status();
        answer = e.problem();
      } catch (IOException | RuntimeException e) {
        log.atError().setCause(e).log("a request failed");
        status = 500;
        answer = Problem.of(Problem.Kind.FAULT, "agent-failed", "the fault agent failed");
      }
      byte[] bytes = Mappers.JSON.writeValueAsBytes(answer);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    } catch (IOException e) {
      log.atDebug().setCause(e).log("the caller has gone");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Object answered(HttpExchange exchange) throws IOException, InterruptedException {
    String given = exchange.getRequestHeaders().getFirst("Authorization");
    if (given == null || !MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), token)) {
      throw new ProblemException(
          Problem.of(Problem.Kind.UNAUTHENTICATED, "token-wrong", "the agent's token is wrong")
              .todo("read it from the data directory"));
    }
    byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES_MAX);
    String method = exchange.getRequestURI().getPath().substring(1);
    Object answer = call(method, body);
    return answer == null ? Map.of() : answer;
  }

  private @Nullable Object call(String method, byte[] body)
      throws IOException, InterruptedException {
    return switch (method) {
      case "reach" -> agent.reach();
      case "watch" -> {
        Watching watching = read(body, Watching.class);
        agent.watch(watching.id(), watching.probes(), watching.beacon());
        yield null;
      }
      case "observed" -> {
        Waiting waiting = read(body, Waiting.class);
        agent.observed(waiting.id()); // unknown is said at once
        Thread.sleep(Math.clamp(waiting.waitMs(), 0, WAIT_MS_MAX));
        yield tree(agent.observed(waiting.id()));
      }
      case "plan" -> {
        Planning planning = read(body, Planning.class);
        yield tree(agent.faults().plan(planning.id(), planning.fault(), planning.timing()));
      }
      case "renew" -> tree(agent.faults().renew(read(body, Named.class).id()));
      case "lift" -> tree(agent.faults().lift(read(body, Named.class).id()));
      case "forget" -> {
        agent.forget(read(body, Named.class).id());
        yield null;
      }
      case "orders" -> agent.orders().of(read(body, Named.class).id());
      case "take" -> Map.of("taken", agent.orders().take(read(body, Named.class).id()));
      default ->
          throw new ProblemException(
              Problem.notFound("method-unknown", "the agent has no such method").at(method));
    };
  }

  private static JsonNode tree(Record value) {
    return Mappers.tree(value, value.getClass());
  }

  private static <T> T read(byte[] body, Class<T> type) throws IOException {
    return Mappers.JSON.readValue(body, type);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
