package io.copyhold.chaos.installation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The admin API as an operator's script uses it: it knows all nodes and goes to the next when one
 * is away; an answer of "not now" is waited out, for a while; every change carries a key, so that
 * asking again does nothing twice.
 */
@PortAdapter
public final class Api implements AutoCloseable {
  /** One request, connecting included. */
  private static final Duration REQUEST_LIMIT = Duration.ofSeconds(20);

  /** All attempts of one request together: longer than a restart of the server. */
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(100);

  private final List<URI> nodes;
  private final AtomicInteger current = new AtomicInteger();
  private final String token;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  public Api(URI node, String token) {
    this(List.of(node), token);
  }

  /**
   * @param nodes at least one; the first is asked until it is away
   */
  public Api(List<URI> nodes, String token) {
    this.nodes = List.copyOf(nodes);
    this.token = token;
  }

  private URI base() {
    return nodes.get(Math.floorMod(current.get(), nodes.size()));
  }

  /**
   * The node that was asked is away: whoever asks next asks another, but one trouble moves once.
   */
  private void elsewhere(URI away) {
    int index = nodes.indexOf(away);
    current.compareAndSet(index, (index + 1) % nodes.size());
  }

  /** What the server says to a read, once it says something. */
  public JsonNode get(String path) throws InterruptedException {
    return patiently("GET", path, null, null);
  }

  /**
   * What the server says to a read of something other than JSON, in one attempt.
   *
   * @throws ProblemException when the answer is no good
   */
  public String text(String path) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        http.send(request("GET", path, null, null, REQUEST_LIMIT), BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new ProblemException(
          "request-refused",
          "GET " + path + " was answered with " + answer.statusCode() + ": " + said(answer),
          "See the node's log.");
    }
    return answer.body();
  }

  /**
   * The lines of an event stream, which ends when the server or {@link #close} ends it.
   *
   * @param last id of the last event that was seen; null for the events from now on
   */
  public Stream<String> stream(String path, @Nullable String last)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base().resolve(path))
            .header("Authorization", "Bearer " + token)
            .header("Accept", "text/event-stream");
    if (last != null) {
      request.header("Last-Event-ID", last);
    }
    HttpResponse<Stream<String>> answer = http.send(request.build(), BodyHandlers.ofLines());
    if (answer.statusCode() != 200) {
      throw new ProblemException(
          "request-refused",
          "GET " + path + " was answered with " + answer.statusCode() + ".",
          "See the node's log.");
    }
    return answer.body();
  }

  /** The word for an entity's state, as a list shows it. */
  public String state(String path) throws InterruptedException {
    int slash = path.lastIndexOf('/');
    return summary(path.substring(0, slash) + "?limit=1&filter=id:" + path.substring(slash + 1))
        .path("state")
        .asText();
  }

  /** The summary of the first entry of a list; empty when there is none yet. */
  public JsonNode summary(String list) throws InterruptedException {
    return get(list).path("items").path(0).path("summary");
  }

  /**
   * What the server says to a change, once it says something.
   *
   * @param body null for a change that takes none
   * @param key the same for every attempt at the same change
   */
  public JsonNode change(String method, String path, @Nullable JsonNode body, String key)
      throws InterruptedException {
    return patiently(method, path, body, key);
  }

  /** One attempt at a read; true when it was answered as it should be. */
  public boolean answers(String path, Duration limit) throws InterruptedException {
    HttpRequest request = request("GET", path, null, null, limit);
    try {
      return http.send(request, BodyHandlers.discarding()).statusCode() == 200;
    } catch (IOException e) {
      elsewhere(node(request));
      return false;
    }
  }

  private JsonNode patiently(
      String method, String path, @Nullable JsonNode body, @Nullable String key)
      throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      String trouble;
      long wait = BETWEEN_ATTEMPTS.toMillis();
      HttpRequest request = request(method, path, body, key, REQUEST_LIMIT);
      try {
        HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
        int status = answer.statusCode();
        if (status / 100 == 2) {
          return Mappers.JSON.readTree(answer.body());
        }
        trouble = said(answer);
        if (status != 503 && status != 429) {
          throw new ProblemException(
              "request-refused",
              method + " " + path + " was answered with " + status + ": " + trouble,
              "See the node's log.");
        }
        wait = Math.max(wait, retryAfterMillis(answer));
      } catch (JsonProcessingException e) {
        throw new ProblemException(
            "answer-unreadable",
            method + " " + path + " was answered with something other than JSON.",
            "See the node's log.",
            e);
      } catch (IOException e) {
        trouble = "no answer: " + e;
        elsewhere(node(request));
      }
      if (System.nanoTime() - end > 0) {
        throw new ProblemException(
            "no-answer",
            method
                + " "
                + path
                + " found no answer within "
                + PATIENCE.toSeconds()
                + " s: "
                + trouble,
            "See the node's log.");
      }
      Thread.sleep(wait);
    }
  }

  private HttpRequest request(
      String method, String path, @Nullable JsonNode body, @Nullable String key, Duration limit) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base().resolve(path))
            .timeout(limit)
            .header("Authorization", "Bearer " + token)
            .header("Accept", "application/json");
    if (key != null) {
      request.header("Idempotency-Key", key);
    }
    if (body == null) {
      return request.method(method, BodyPublishers.noBody()).build();
    }
    return request
        .header("Content-Type", "application/json")
        .method(method, BodyPublishers.ofString(body.toString()))
        .build();
  }

  private static URI node(HttpRequest request) {
    URI uri = request.uri();
    return URI.create(uri.getScheme() + "://" + uri.getAuthority());
  }

  private static long retryAfterMillis(HttpResponse<?> answer) {
    return answer
        .headers()
        .firstValue("Retry-After")
        .filter(text -> text.matches("[0-9]{1,3}"))
        .map(text -> Long.parseLong(text) * 1_000)
        .orElse(0L);
  }

  private static String said(HttpResponse<String> answer) {
    try {
      JsonNode problem = Mappers.JSON.readTree(answer.body());
      String where = problem.path("where").asText();
      return problem.path("detail").asText() + (where.isEmpty() ? "" : " (" + where + ")");
    } catch (JsonProcessingException e) {
      return answer.body();
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
