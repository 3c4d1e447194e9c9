package io.copyhold.chaos.fault;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.journal.Mappers;
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
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The API of the installation as a client behind a load balancer sees it: one node is asked, and
 * the next one when that one is away.
 */
@PortAdapter
final class NodeCalls implements AutoCloseable {
  private static final int TEXT_MAX = 200;

  private final Processes processes;
  private final Supplier<String> token;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private volatile String preferred = "";

  /**
   * @param token of an operator, read anew each time
   */
  NodeCalls(Processes processes, Supplier<String> token) {
    this.processes = processes;
    this.token = token;
  }

  /** What a node said. */
  record Said(int status, String text) {
    JsonNode json() throws IOException {
      return Mappers.JSON.readTree(text);
    }

    /** For a person, when it was no good. */
    String trouble() {
      try {
        String type = json().path("type").asText("");
        return status + " " + type.substring(type.lastIndexOf(':') + 1);
      } catch (IOException e) {
        return String.valueOf(status);
      }
    }
  }

  /** A read; {@code node} alone when one is named. */
  Said get(String path, @Nullable String node, Duration limit)
      throws IOException, InterruptedException {
    return send("GET", path, null, null, node, limit);
  }

  /**
   * A change under a key, so that asking several nodes does it once.
   *
   * @param body null for a change that takes none
   * @throws IOException no node answered within the limit
   */
  Said post(String path, @Nullable JsonNode body, String key, Duration limit)
      throws IOException, InterruptedException {
    return send("POST", path, body, key, null, limit);
  }

  private Said send(
      String method,
      String path,
      @Nullable JsonNode body,
      @Nullable String key,
      @Nullable String node,
      Duration limit)
      throws IOException, InterruptedException {
    Map<String, Integer> nodes = processes.nodes();
    List<String> order = new ArrayList<>(node == null ? nodes.keySet() : List.of(node));
    String first = preferred;
    if (order.remove(first)) {
      order.addFirst(first);
    }
    if (order.isEmpty()) {
      throw new IOException("no node is known");
    }
    Duration each = limit.dividedBy(order.size()).plusMillis(1);
    IOException away = null;
    Said last = null;
    for (String one : order) {
      Integer port = nodes.get(one);
      if (port == null) {
        throw new IOException("there is no " + one);
      }
      try {
        last = said(request(method, port, path, body, key, each));
        if (last.status() != 503) {
          preferred = one;
          return last;
        }
      } catch (IOException e) {
        away = e;
      }
    }
    if (last != null) {
      return last;
    }
    throw new IOException(
        "no answer: " + (away == null ? "" : away.getClass().getSimpleName()), away);
  }

  private Said said(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
    return new Said(answer.statusCode(), answer.body());
  }

  /** A read of which nobody waits for the end; for load. */
  CompletableFuture<Integer> fire(int port, String path, Duration limit) {
    return http.sendAsync(request("GET", port, path, null, null, limit), BodyHandlers.discarding())
        .thenApply(HttpResponse::statusCode);
  }

  private HttpRequest request(
      String method,
      int port,
      String path,
      @Nullable JsonNode body,
      @Nullable String key,
      Duration limit) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(limit)
            .header("Authorization", "Bearer " + token.get());
    if (key != null) {
      request.header("Idempotency-Key", key);
    }
    if (body == null) {
      return request.method(method, HttpRequest.BodyPublishers.noBody()).build();
    }
    return request
        .header("Content-Type", "application/json")
        .method(method, HttpRequest.BodyPublishers.ofString(body.toString()))
        .build();
  }

  /** HTTP ports of the nodes. */
  List<Integer> ports() throws IOException {
    return List.copyOf(processes.nodes().values());
  }

  static Path token(Path data) {
    return data.resolve("operator.token");
  }

  static String shortened(@Nullable String text) {
    String all = String.valueOf(text);
    return all.length() > TEXT_MAX ? all.substring(0, TEXT_MAX) : all;
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
