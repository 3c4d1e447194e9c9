package io.copyhold.http.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.copyhold.http.Client;
import io.copyhold.http.Counter;
import io.copyhold.http.Node;
import io.copyhold.runtime.Origin;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class WatchTest {
  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node = new Node("heartbeat = 200ms, token-cache = 0s, watchers-max = 12");
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  /** The lines of a stream as they come, read by a thread of its own. */
  /** A stream that is open: one of another test may still take its place for a moment. */
  private static Watcher watching(String path, String token, @Nullable String lastEventId)
      throws Exception {
    List<Watcher> open = new ArrayList<>();
    Node.await(() -> {
      Watcher watcher = new Watcher(path, token, lastEventId);
      if (watcher.status != 503) {
        assertThat(watcher.status).isEqualTo(200);
        return open.add(watcher);
      }
      watcher.close();
      return false;
    });
    return open.getFirst();
  }

  private static final class Watcher implements AutoCloseable {
    private final HttpClient http = HttpClient.newHttpClient();
    final List<String> lines = new CopyOnWriteArrayList<>();
    final int status;
    volatile boolean ended;
    private final HttpResponse<java.io.InputStream> response;

    Watcher(String path, String token, @Nullable String lastEventId) throws Exception {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(URI.create(node.url() + path))
              .header("Authorization", "Bearer " + token);
      if (lastEventId != null) {
        request.header("Last-Event-ID", lastEventId);
      }
      response = http.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      status = response.statusCode();
      Thread.ofVirtual()
          .start(() -> {
            try (BufferedReader in =
                new BufferedReader(
                    new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
              in.lines().forEach(lines::add);
            } catch (java.io.UncheckedIOException | java.io.IOException closed) {
              // closed by the test
            }
            ended = true;
          });
    }

    List<String> data() {
      return lines.stream().filter(line -> line.startsWith("data: ")).toList();
    }

    @Override
    public void close() throws Exception {
      response.body().close();
      http.shutdownNow();
    }
  }

  private static void work(String id) throws Exception {
    node.entities
        .ask(node.counter(id), new Counter.Command.Work(), Origin.of("test"))
        .toCompletableFuture()
        .get(60, TimeUnit.SECONDS);
  }

  @Test
  void aWatcherSeesWhatItAskedForAndResumesWhereItWas() throws Exception {
    String last;
    try (Watcher watcher = watching("/v1/events/watch?type=counter&id=w1", node.operator, null)) {
      Node.await(() -> watcher.lines.contains(": alive"));
      work("other");
      work("w1");
      Node.await(() -> !watcher.data().isEmpty());
      assertThat(watcher.data()).allMatch(line -> line.contains("\"id\":\"w1\""));
      assertThat(watcher.data().getFirst()).contains("\"name\":\"began\"").contains("\"summary\"");
      last =
          watcher.lines.stream()
              .filter(line -> line.startsWith("id: "))
              .findFirst()
              .orElseThrow()
              .substring(4);
    }
    Client api = node.client();
    api.send("POST", "/v1/operations/counter/w1/count/1/cancel", null);
    Node.await(() -> api.get("/v1/operations/counter/w1/count/1").text().contains("cancelled"));
    try (Watcher again = watching("/v1/events/watch?type=counter&id=w1", node.operator, last)) {
      Node.await(() -> again.data().stream().anyMatch(line -> line.contains("\"ended\"")));
      assertThat(again.data()).noneMatch(line -> line.contains("\"began\""));
    }
    try (Watcher nonsense = watching("/v1/events/watch", node.operator, "nonsense")) {
      Node.await(() -> nonsense.ended);
      assertThat(nonsense.lines).contains("event: problem");
      assertThat(nonsense.data().getFirst()).contains("offset-malformed");
    }
    try (Watcher all =
        watching("/v1/events/watch?type=token&lastEventId=start", node.operator, null)) {
      Node.await(() -> all.data().stream().anyMatch(line -> line.contains("\"issued\"")));
    }
  }

  @Test
  void anOperationIsWatchedFromItsStateToItsEnd() throws Exception {
    work("w2");
    String path = "/v1/operations/counter/w2/count/1";
    Client api = node.client();
    Node.await(() -> api.get(path + "/explain").text().contains("\"signal\""));
    try (Watcher watcher = watching(path + "/watch", node.operator, null)) {
      Node.await(() -> watcher.data().stream().anyMatch(line -> line.contains("\"waiting\"")));
      api.send("POST", path + "/approve", "{\"signal\": \"go\"}");
      Node.await(() -> watcher.ended);
      assertThat(watcher.data().getLast()).contains("\"state\":\"done\"");
    }
    assertThat(api.get("/v1/operations/counter/nobody/count/1/watch").status()).isEqualTo(404);
  }

  @Test
  void aRevokedTokenEndsItsStream() throws Exception {
    Client.Answer made =
        node.client().send("POST", "/v1/tokens", "{\"name\": \"watcher\", \"role\": \"reader\"}");
    try (Watcher watcher = watching("/v1/events/watch", made.body().path("token").asText(), null)) {
      Node.await(() -> watcher.lines.contains(": alive"));
      node.client().send("DELETE", "/v1/tokens/" + made.body().path("id").asText(), null);
      Node.await(() -> watcher.ended);
      assertThat(watcher.lines).contains("event: token");
    }
  }

  @Test
  void aReaderSeesNoTokensAndAnApplicationOnlyItsTenants() throws Exception {
    Client api = node.client();
    String reader =
        api.send("POST", "/v1/tokens", "{\"name\": \"r\", \"role\": \"reader\"}")
            .body()
            .path("token")
            .asText();
    String app =
        api.send(
                "POST",
                "/v1/tokens",
                "{\"name\": \"a\", \"role\": \"application\", \"scope\": {\"tenants\": [\"acme\"]}}")
            .body()
            .path("token")
            .asText();
    try (Watcher reading = watching("/v1/events/watch", reader, null);
        Watcher applying = watching("/v1/events/watch", app, null)) {
      Node.await(() -> reading.lines.contains(": alive") && applying.lines.contains(": alive"));
      api.send("POST", "/v1/tokens", "{\"name\": \"unseen\", \"role\": \"reader\"}");
      work("w3");
      Node.await(() -> reading.data().stream().anyMatch(line -> line.contains("\"w3\"")));
      assertThat(reading.data()).noneMatch(line -> line.contains("unseen"));
      assertThat(applying.data()).isEmpty();
    }
  }

  @Test
  void streamsAreLimitedInNumberAndGivenBack() throws Exception {
    List<Watcher> watchers = new CopyOnWriteArrayList<>();
    Node.await(() -> { // those of other tests end first
      Watcher watcher = new Watcher("/v1/events/watch", node.operator, null);
      if (watcher.status == 200) {
        watchers.add(watcher);
        Node.await(() -> watcher.lines.contains(": alive"));
      } else {
        watcher.close();
      }
      return watchers.size() == 12;
    });
    assertThat(node.client().get("/v1/events/watch").problem()).isEqualTo("watchers-max");
    for (Watcher watcher : watchers) {
      watcher.close();
    }
    Node.await(() -> {
      try (Watcher one = new Watcher("/v1/events/watch", node.operator, null)) {
        return one.status == 200;
      }
    });
  }
}
