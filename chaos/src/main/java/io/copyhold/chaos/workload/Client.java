package io.copyhold.chaos.workload;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.workload.Call.Outcome;
import io.copyhold.chaos.workload.Generations.Use;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.journal.Mappers;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One client of the cluster, which asks one thing at a time and writes all of it into the history.
 * It talks to one node until that one gives no clear answer, then to the next; whoever got no clear
 * answer takes another name, because what it asked may still happen.
 */
@PortAdapter
public final class Client implements AutoCloseable {
  /** A paused node answers nothing; waiting longer would make the history thin. */
  private static final Duration REQUEST_LIMIT = Duration.ofSeconds(8);

  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(3);

  /** All attempts at one change together. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final Duration NOBODY_THERE = Duration.ofMillis(300);

  private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(200);

  private final String name;
  private final History history;
  private final Supplier<List<URI>> nodes;
  private final String token;
  private final RandomGenerator random;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_LIMIT)
          .build();
  private int lives;
  private int turn;
  private long keys;

  /**
   * @param name unlike any other client's
   * @param nodes the addresses of all nodes, dead ones too
   */
  public Client(
      String name,
      History history,
      Supplier<List<URI>> nodes,
      String token,
      RandomGenerator random) {
    this.name = name;
    this.history = history;
    this.nodes = nodes;
    this.token = token;
    this.random = random;
    this.turn = random.nextInt(1_000);
  }

  /**
   * A change that is asked for.
   *
   * @param body null for none
   * @param version that the entity must have, or null
   */
  record Change(
      String op,
      JsonNode argument,
      String method,
      String path,
      @Nullable JsonNode body,
      @Nullable Long version) {}

  String name() {
    return name;
  }

  RandomGenerator random() {
    return random;
  }

  /** Asks for a tenant's state; the answer holds {@code version} and {@code state}. */
  public Call read(String workload, String tenant) throws InterruptedException {
    return read(workload, tenant, "");
  }

  /** Asks for one setting's value, by asking for the tenant's state. */
  Call read(String workload, Use use) throws InterruptedException {
    return read(workload, use.tenant(), use.register());
  }

  private Call read(String workload, String tenant, String register) throws InterruptedException {
    Call call =
        history.begin(
            process(),
            workload,
            "tenant/" + tenant,
            register,
            "read",
            null,
            Mappers.JSON.nullNode());
    Said said = send("GET", "/v1/tenants/" + tenant, null, null, null);
    return ended(call, said.outcome(), said);
  }

  Call change(String workload, String tenant, Change change, int attempts)
      throws InterruptedException {
    return changeOf(workload, "tenant/" + tenant, "", change, attempts);
  }

  Call change(String workload, Use use, Change change, int attempts) throws InterruptedException {
    return changeOf(workload, "tenant/" + use.tenant(), use.register(), change, attempts);
  }

  /**
   * Asks for a change under a key of its own.
   *
   * @param attempts at most; all under that key, so that they count once
   */
  Call changeOf(String workload, String entity, String register, Change change, int attempts)
      throws InterruptedException {
    String key = "chaos-" + name + "-" + ++keys;
    Call call =
        history.begin(process(), workload, entity, register, change.op(), key, change.argument());
    long end = System.nanoTime() + PATIENCE.toNanos();
    boolean unclear = false;
    for (int attempt = 1; ; attempt++) {
      Said said = send(change.method(), change.path(), change.body(), key, change.version());
      Outcome outcome = said.outcome();
      unclear |= outcome == Outcome.UNKNOWN;
      boolean last = attempt >= attempts || System.nanoTime() - end > 0;
      if (outcome == Outcome.OK || last || !said.worthAnother()) {
        // an earlier attempt may be under way still, whatever was said to this one
        return ended(call, outcome == Outcome.FAIL && unclear ? Outcome.UNKNOWN : outcome, said);
      }
      Thread.sleep(BETWEEN_ATTEMPTS);
    }
  }

  /** What a tenant's connection is, as the API tells it; null when it does not tell now. */
  @Nullable JsonNode connection(String tenant) throws InterruptedException {
    Said said = send("GET", "/v1/tenants/" + tenant + "/connection", null, null, null);
    return said.outcome() == Outcome.OK ? said.body() : null;
  }

  /** For what is asked by other ways than HTTP. */
  Call begin(String workload, String tenant, String op, String key, JsonNode argument) {
    return history.begin(process(), workload, "tenant/" + tenant, "", op, key, argument);
  }

  Call end(Call call, Outcome outcome, JsonNode answer) {
    if (outcome == Outcome.UNKNOWN) {
      lives++;
    }
    return history.end(call, outcome, answer);
  }

  /** Waits a little, as people do. */
  void rest(int millisMax) throws InterruptedException {
    Thread.sleep(1 + random.nextInt(millisMax));
  }

  private String process() {
    return name + "." + lives;
  }

  private Call ended(Call call, Outcome outcome, Said said) {
    if (outcome == Outcome.UNKNOWN) {
      turn++;
    } else if (said.status() == 0) {
      turn++; // nobody listens there now
    }
    JsonNode body = said.body();
    if (outcome != Outcome.OK) {
      ObjectNode why = Mappers.JSON.createObjectNode().put("status", said.status());
      body = said.status() == 0 ? why : why.put("problem", said.problem());
    }
    return end(call, outcome, body);
  }

  private Said send(
      String method,
      String path,
      @Nullable JsonNode body,
      @Nullable String key,
      @Nullable Long version)
      throws InterruptedException {
    List<URI> all = nodes.get();
    URI node = all.get(Math.floorMod(turn, all.size()));
    HttpRequest.Builder request =
        HttpRequest.newBuilder(node.resolve(path))
            .timeout(REQUEST_LIMIT)
            .header("Authorization", "Bearer " + token)
            .header("Accept", "application/json");
    if (key != null) {
      request.header("Idempotency-Key", key);
    }
    if (version != null) {
      request.header("If-Match", "\"" + version + "\"");
    }
    if (body == null) {
      request.method(method, BodyPublishers.noBody());
    } else {
      request
          .header("Content-Type", "application/json")
          .method(method, BodyPublishers.ofString(body.toString()));
    }
    try {
      HttpResponse<String> answer = http.send(request.build(), BodyHandlers.ofString());
      return new Said(answer.statusCode(), json(answer.body()), true);
    } catch (ConnectException | HttpConnectTimeoutException e) {
      Thread.sleep(NOBODY_THERE); // or the history would be full of this
      return new Said(0, Mappers.JSON.nullNode(), false);
    } catch (IOException e) {
      turn++;
      return new Said(0, Mappers.JSON.nullNode(), true);
    }
  }

  private static JsonNode json(String text) {
    try {
      return Mappers.JSON.readTree(text);
    } catch (JsonProcessingException e) {
      return Mappers.JSON.nullNode();
    }
  }

  @Override
  public void close() {
    http.shutdownNow();
  }
}
