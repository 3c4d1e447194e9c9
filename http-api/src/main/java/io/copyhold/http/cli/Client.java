package io.copyhold.http.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.journal.Mappers;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Speaks to the admin API of one node, and of the next when that is away. What is "not now" is
 * asked again, with growing pauses and within a limit; a command carries the same idempotency key
 * each time, so that it is done once.
 */
@PortAdapter
final class Client implements AutoCloseable {
  private static final Duration CONNECT_MAX = Duration.ofSeconds(5);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);
  private static final Duration PAUSE_MIN = Duration.ofMillis(200);
  private static final Duration PAUSE_MAX = Duration.ofSeconds(5);

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_MAX)
          .build();
  private final List<String> urls;
  private int current;
  private int away;
  private final String token;
  private final Duration retryFor;

  /**
   * @param urls of nodes, at least one
   */
  Client(List<String> urls, String token, Duration retryFor) {
    this.urls = List.copyOf(urls);
    this.token = token;
    this.retryFor = retryFor;
  }

  /** A good answer. */
  record Answer(int status, JsonNode body, String text, Map<String, String> headers) {
    Optional<String> header(String name) {
      return Optional.ofNullable(headers.get(name.toLowerCase(java.util.Locale.ROOT)));
    }
  }

  Answer get(String path) throws Trouble, InterruptedException {
    return send("GET", path, null, Map.of());
  }

  /** Any status but 2xx is trouble. */
  Answer send(String method, String path, @Nullable JsonNode body, Map<String, String> headers)
      throws Trouble, InterruptedException {
    Instant end = Instant.now().plus(retryFor);
    Duration pause = PAUSE_MIN;
    while (true) {
      Trouble trouble;
      Duration wait = pause;
      try {
        HttpResponse<String> response =
            http.send(
                request(method, path, body, headers).timeout(ANSWER_MAX).build(),
                HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() / 100 == 2) {
          return answer(response);
        }
        away = 0;
        trouble = Trouble.of(response.statusCode(), json(response.body()));
        wait = response.headers().firstValue("Retry-After").map(Client::seconds).orElse(pause);
      } catch (IOException e) {
        trouble = unreachable(e);
        current = (current + 1) % urls.size();
        if (++away % urls.size() != 0) {
          continue; // not all of them have been asked
        }
      }
      if (trouble.status() != ExitStatus.NOT_NOW || Instant.now().plus(wait).isAfter(end)) {
        throw trouble;
      }
      Thread.sleep(wait);
      pause = pause.multipliedBy(2).compareTo(PAUSE_MAX) > 0 ? PAUSE_MAX : pause.multipliedBy(2);
    }
  }

  /** A stream of events; the caller closes it. */
  InputStream stream(String path, @Nullable String lastEventId)
      throws Trouble, InterruptedException {
    try {
      HttpResponse<InputStream> response =
          http.send(
              request(
                      "GET",
                      path,
                      null,
                      lastEventId == null ? Map.of() : Map.of("Last-Event-ID", lastEventId))
                  .build(),
              HttpResponse.BodyHandlers.ofInputStream());
      if (response.statusCode() == 200) {
        return response.body();
      }
      try (InputStream in = response.body()) {
        throw Trouble.of(
            response.statusCode(), json(new String(in.readAllBytes(), StandardCharsets.UTF_8)));
      }
    } catch (IOException e) {
      throw unreachable(e);
    }
  }

  private HttpRequest.Builder request(
      String method, String path, @Nullable JsonNode body, Map<String, String> headers)
      throws Trouble {
    URI uri;
    try {
      uri = URI.create(url() + path);
    } catch (IllegalArgumentException e) {
      throw new Trouble(ExitStatus.USAGE, "this is no address: " + url(), "--url", null);
    }
    HttpRequest.Builder request;
    try {
      request = HttpRequest.newBuilder(uri);
    } catch (IllegalArgumentException e) {
      throw new Trouble(
          ExitStatus.USAGE,
          "this is no address: " + url(),
          "--url",
          "write it like http://host:7400");
    }
    request
        .header("Authorization", "Bearer " + token)
        .method(
            method,
            body == null
                ? HttpRequest.BodyPublishers.noBody()
                : HttpRequest.BodyPublishers.ofString(body.toString()));
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    headers.forEach(request::header);
    return request;
  }

  private String url() {
    return urls.get(current);
  }

  private Trouble unreachable(IOException e) {
    return new Trouble(
        ExitStatus.NOT_NOW,
        "no node answers (" + e.getClass().getSimpleName() + ")",
        String.join(", ", urls),
        "start one with 'copyhold up', or give the address of one with --url");
  }

  private static Answer answer(HttpResponse<String> response) {
    Map<String, String> headers = new java.util.TreeMap<>();
    response
        .headers()
        .map()
        .forEach((name, values) ->
            headers.put(name.toLowerCase(java.util.Locale.ROOT), values.getFirst()));
    return new Answer(response.statusCode(), json(response.body()), response.body(), headers);
  }

  private static JsonNode json(String text) {
    try {
      JsonNode node = Mappers.JSON.readTree(text);
      return node == null ? Mappers.JSON.missingNode() : node;
    } catch (JsonProcessingException e) {
      return Mappers.JSON.missingNode();
    }
  }

  private static Duration seconds(String text) {
    try {
      return Duration.ofSeconds(Math.clamp(Long.parseLong(text.strip()), 0, 60));
    } catch (NumberFormatException e) {
      return PAUSE_MIN;
    }
  }

  @Override
  public void close() {
    http.close();
  }
}
