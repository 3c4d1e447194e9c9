package io.copyhold.http.node;

import io.copyhold.config.node.ChildState;
import io.copyhold.config.node.SupervisorState;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Asks a node of this machine whether it is ready. */
final class Health {
  private static final Duration LIMIT = Duration.ofSeconds(3);

  /**
   * @param note why not, or empty
   */
  record Verdict(boolean ready, String note) {}

  private Health() {}

  /**
   * @param nodes that there must be
   */
  static boolean allReady(SupervisorState state, int nodes) throws InterruptedException {
    int ready = 0;
    for (ChildState child : state.children()) {
      if (!of(child).ready()) {
        return false;
      }
      if (child.name().startsWith("node-")) {
        ready++;
      }
    }
    return ready >= nodes;
  }

  static Verdict of(ChildState child) throws InterruptedException {
    if (child.phase() != ChildState.Phase.RUNNING) {
      return new Verdict(false, child.note());
    }
    if (!child.name().startsWith("node-")) {
      return new Verdict(true, "");
    }
    try (HttpClient client = HttpClient.newBuilder().connectTimeout(LIMIT).build()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + child.port() + "/health/ready"))
                  .timeout(LIMIT)
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return answer.statusCode() == 200
          ? new Verdict(true, "ready")
          : new Verdict(false, "not ready: " + answer.body().strip());
    } catch (IOException e) {
      return new Verdict(false, "does not answer yet");
    }
  }
}
