package io.copyhold.chaos.crash;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.copyhold.runtime.journal.Mappers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The admin API, one request at a time, as anybody's script would use it. */
final class Rest implements AutoCloseable {
  /** For what must come true; the machine may be busy. */
  static final Duration PATIENCE = Duration.ofSeconds(120);

  private static final Duration REQUEST_LIMIT = Duration.ofSeconds(40);

  /** What it said. */
  record Said(int status, JsonNode body, HttpHeaders headers) {
    @Override
    public String toString() {
      return status + " " + body;
    }
  }

  interface Condition {
    boolean holds() throws Exception;
  }

  private final URI base;
  private final String token;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  Rest(URI base, String token) {
    this.base = base;
    this.token = token;
  }

  Said send(String method, String path, @Nullable Object body) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path))
            .timeout(REQUEST_LIMIT)
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/json")
            .method(
                method,
                body == null
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofString(Mappers.JSON.writeValueAsString(body)));
    HttpResponse<String> answer = http.send(request.build(), BodyHandlers.ofString());
    return new Said(answer.statusCode(), json(answer.body()), answer.headers());
  }

  private static JsonNode json(String body) {
    try {
      JsonNode node = Mappers.JSON.readTree(body);
      return node == null ? MissingNode.getInstance() : node;
    } catch (JsonProcessingException e) {
      return Mappers.JSON.getNodeFactory().textNode(body);
    }
  }

  /** A change that must go through; "not now" and a server that is away are waited out. */
  JsonNode change(String method, String path, @Nullable Object body) throws Exception {
    Said[] said = new Said[1];
    until(
        method + " " + path,
        () -> {
          try {
            said[0] = send(method, path, body);
            return said[0].status() != 503;
          } catch (IOException e) {
            return false;
          }
        });
    if (said[0].status() / 100 != 2) {
      throw new AssertionError(method + " " + path + ": " + said[0]);
    }
    return said[0].body();
  }

  JsonNode get(String path) throws Exception {
    return change("GET", path, null);
  }

  /** An entity's state: {@code kind} and fields; {@code Absent} when there is none. */
  JsonNode state(String path) throws Exception {
    Said[] said = new Said[1];
    until("GET " + path, () -> answered(said, path));
    return switch (said[0].status()) {
      case 200 -> said[0].body().path("state");
      case 404 -> Mappers.JSON.createObjectNode().put("kind", "Absent");
      default -> throw new AssertionError("GET " + path + ": " + said[0]);
    };
  }

  private boolean answered(Said[] said, String path) throws Exception {
    try {
      said[0] = send("GET", path, null);
      return said[0].status() != 503;
    } catch (IOException e) {
      return false;
    }
  }

  /** Waits for the entity's state to be of this kind. */
  JsonNode await(String path, String kind) throws Exception {
    JsonNode[] last = new JsonNode[1];
    try {
      until(
          path + " is " + kind,
          () -> {
            last[0] = state(path);
            return last[0].path("kind").asText().equals(kind);
          });
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "; it is " + last[0], e);
    }
    return last[0];
  }

  static void until(String what, Condition condition) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - end > 0) {
        throw new AssertionError("not within " + PATIENCE.toSeconds() + " s: " + what);
      }
      TimeUnit.MILLISECONDS.sleep(25);
    }
  }

  static Map<String, Object> map(Object... keysAndValues) {
    Map<String, Object> map = new java.util.LinkedHashMap<>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.put((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
