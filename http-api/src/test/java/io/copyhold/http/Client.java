package io.copyhold.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.http.contract.ContractCheck;
import io.copyhold.runtime.journal.Mappers;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A client whose every answer is held against the contract. */
public final class Client {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final String url;
  private final @Nullable String token;
  private final Map<String, String> headers;

  Client(String url, @Nullable String token) {
    this(url, token, Map.of());
  }

  private Client(String url, @Nullable String token, Map<String, String> headers) {
    this.url = url;
    this.token = token;
    this.headers = headers;
  }

  /** What came back. */
  public record Answer(int status, JsonNode body, String text, HttpResponse<String> raw) {
    public Optional<String> header(String name) {
      return raw.headers().firstValue(name);
    }

    /** The problem's code; empty when it is none. */
    public String problem() {
      return body.path("type").asText().replace("urn:copyhold:problem:", "");
    }
  }

  public Client with(String header, String value) {
    Map<String, String> more = new java.util.LinkedHashMap<>(headers);
    more.put(header, value);
    return new Client(url, token, more);
  }

  public Answer get(String path) throws Exception {
    return send("GET", path, null);
  }

  public Answer send(String method, String path, @Nullable String json) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + path))
            .timeout(Duration.ofSeconds(120))
            .method(
                method,
                json == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(json));
    if (json != null && !headers.containsKey("Content-Type")) {
      request.header("Content-Type", "application/json");
    }
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    headers.forEach(request::header);
    HttpResponse<String> response =
        HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    ContractCheck.INSTANCE.check(method, path, response);
    String type = response.headers().firstValue("Content-Type").orElse("");
    return new Answer(
        response.statusCode(),
        type.contains("json") ? parse(response.body()) : Mappers.JSON.missingNode(),
        response.body(),
        response);
  }

  private static JsonNode parse(String body) {
    try {
      return Mappers.JSON.readTree(body);
    } catch (IOException e) {
      throw new AssertionError("not JSON: " + body, e);
    }
  }
}
