package io.copyhold.http.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.copyhold.http.Client;
import io.copyhold.http.Node;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What hostile and clumsy clients meet; most of them speak through bare sockets. */
class ServerLimitsTest {
  private static Node node;

  @BeforeAll
  static void start() throws Exception {
    node =
        new Node(
            "head-max = 2s, body-max = 2s, body-bytes-max = 64KiB, upload-bytes-max = 128KiB,"
                + " connections-max = 400");
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  private static Socket connect() throws IOException {
    Socket socket = new Socket("127.0.0.1", node.address().getPort());
    socket.setSoTimeout(120_000);
    return socket;
  }

  private static void write(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  /** Everything until the server closes. */
  private static String rest(Socket socket) throws IOException {
    try (InputStream in = socket.getInputStream()) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (java.net.SocketException reset) {
      return "";
    }
  }

  private static boolean dropped(Socket socket) {
    try {
      write(socket, "x");
      socket.setSoTimeout(1);
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  private static String bearer() {
    return "Authorization: Bearer " + node.operator + "\r\n";
  }

  @Test
  void threeHundredSlowHeadsHarmNobodyAndAreDropped() throws Exception {
    List<Socket> slow = new ArrayList<>();
    try {
      for (int i = 0; i < 300; i++) {
        Socket socket = connect();
        write(socket, "GET /v1/tokens HTTP/1.1\r\nHost: x\r\nX-Slow: ");
        slow.add(socket);
      }
      Client api = node.client();
      int served = 0;
      long left = 300;
      while (left > 0) {
        assertThat(api.get("/v1/tokens").status()).isEqualTo(200);
        served++;
        left = slow.stream().filter(socket -> !dropped(socket)).count();
      }
      assertThat(served).isPositive();
      Node.await(() -> node.server.connections() < 20);
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  @Test
  void aConnectionThatSaysNothingIsDropped() throws Exception {
    try (Socket silent = connect()) {
      assertThat(rest(silent)).doesNotContain("200");
    }
  }

  @Test
  void aHeadThatNeverEndsIsDropped() throws Exception {
    try (Socket half = connect()) {
      write(half, "GET\r\n\r\n");
      assertThat(rest(half)).doesNotContain("200");
    }
  }

  @Test
  void aConnectionInUseIsNotDropped() throws Exception {
    try (Socket socket = connect()) {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
      int answers = 0;
      byte[] buffer = new byte[8_192];
      while (System.nanoTime() < end) {
        write(socket, "GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
        String answer = "";
        while (!answer.contains("{\"state\":\"live\"}")) {
          int read = socket.getInputStream().read(buffer);
          assertThat(read).as("after %s answers", answers).isPositive();
          answer += new String(buffer, 0, read, StandardCharsets.UTF_8);
        }
        answers++;
      }
      assertThat(answers).isGreaterThan(2);
    }
  }

  @Test
  void garbageIsAProblem() throws Exception {
    for (String garbage :
        new String[] {
          "\u0016\u0003\u0001\u0002\u0000\u0001garbage\r\n\r\n",
          "GET /v1/tokens HTTP/9.9\r\nHost: x\r\n\r\n",
          "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
          "FLY /v1/tokens HTTP/1.1\r\nHost: x\r\n\r\n",
          "GET /v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        }) {
      try (Socket socket = connect()) {
        write(socket, garbage);
        String answer = rest(socket);
        assertThat(answer).as(garbage).matches("(?s)HTTP/1.1 [45].*");
        assertThat(answer)
            .as(garbage)
            .contains("application/problem+json")
            .contains("urn:copyhold:problem:");
      }
    }
    assertThat(node.client().get("/health/live").status()).isEqualTo(200);
  }

  @Test
  void aHeadThatIsTooLongIsRefused() throws Exception {
    try (Socket socket = connect()) {
      write(
          socket,
          "GET /v1/tokens HTTP/1.1\r\nHost: x\r\nX-Long: " + "a".repeat(40_000) + "\r\n\r\n");
      assertThat(rest(socket)).doesNotContain("HTTP/1.1 200");
    }
    try (Socket socket = connect()) {
      write(socket, "GET /v1/tokens?q=" + "a".repeat(40_000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
      assertThat(rest(socket)).contains("414");
    }
  }

  @Test
  void aBodyThatIsTooLargeIsRefusedWhetherItsLengthIsToldOrNot() throws Exception {
    String body = "{\"name\": \"" + "a".repeat(200_000) + "\"}";
    Client.Answer told = node.client().send("POST", "/v1/tokens", body);
    assertThat(told.status()).isEqualTo(413);
    assertThat(told.problem()).isEqualTo("body-too-large");
    try (Socket socket = connect()) {
      write(
          socket,
          "POST /v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
              + "Transfer-Encoding: chunked\r\n"
              + bearer()
              + "\r\n");
      String chunk = "4000\r\n" + "a".repeat(0x4000) + "\r\n";
      for (int i = 0; i < 8; i++) {
        try {
          write(socket, chunk);
        } catch (IOException closed) {
          break;
        }
      }
      assertThat(rest(socket)).contains("413").contains("body-too-large");
    }
  }

  @Test
  void aBodyThatTricklesIsGivenUp() throws Exception {
    try (Socket socket = connect()) {
      write(
          socket,
          "POST /v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
              + "Content-Length: 1000\r\n"
              + bearer()
              + "\r\n{");
      assertThat(rest(socket)).contains("408").contains("body-too-slow");
    }
  }

  @Test
  void aStrangersBodyIsNotReadToItsEnd() throws Exception {
    try (Socket socket = connect()) {
      write(
          socket,
          "POST /v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
              + "Content-Length: 1000000000\r\n\r\n{");
      assertThat(rest(socket)).contains("401").contains("token-missing");
    }
  }

  @Test
  void aPortInUseIsAClearProblem() {
    assertThatThrownBy(
            () -> {
              try (Node other = new Node("port = " + node.address().getPort())) {
                assertThat(other).isNull();
              }
            })
        .isInstanceOf(ExecutionException.class)
        .cause()
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("port-unavailable");
  }

  @Test
  void eachTokenHasItsRateAndWrongTokensHaveTheirs() throws Exception {
    try (Node limited =
        new Node(
            "rate-burst = 5, rate-per-second = 1, stranger-burst = 3, strangers-per-second = 1")) {
      limited.aheadMs.addAndGet(60_000);
      List<Integer> statuses = new ArrayList<>();
      Client.Answer last = null;
      for (int i = 0; i < 12; i++) {
        last = limited.client().get("/v1/tokens");
        statuses.add(last.status());
      }
      assertThat(statuses).startsWith(200).contains(429);
      assertThat(last).isNotNull();
      limited.aheadMs.addAndGet(60_000);
      assertThat(limited.client().get("/v1/tokens").status()).isEqualTo(200);
      statuses.clear();
      Client stranger = limited.client("chd_0000000000000001_" + "B".repeat(43));
      Client.Answer refused = null;
      for (int i = 0; i < 8; i++) {
        Client.Answer answer = stranger.get("/v1/tokens");
        statuses.add(answer.status());
        refused = answer.status() == 429 ? answer : refused;
      }
      assertThat(statuses).startsWith(401).contains(429);
      assertThat(refused.header("Retry-After")).isPresent();
      assertThat(refused.problem()).isEqualTo("rate-exceeded");
    }
  }

  @Test
  void aStoppingServerEndsWhatRunsAndTakesNothingNew() throws Exception {
    Node stopping = new Node("stop-max = 60s");
    try (Socket running = new Socket("127.0.0.1", stopping.address().getPort())) {
      running.setSoTimeout(120_000);
      write(
          running,
          "POST /v1/tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
              + "Content-Length: 37\r\nAuthorization: Bearer "
              + stopping.operator
              + "\r\n\r\n{\"name\": \"late\", ");
      Node.await(() -> stopping.server.running() == 1);
      CompletableFuture<?> stopped = stopping.server.stop().toCompletableFuture();
      Node.await(() -> {
        try (Socket late = new Socket("127.0.0.1", stopping.address().getPort())) {
          late.setSoTimeout(120_000);
          return late.getInputStream().read() < 0;
        } catch (IOException refused) {
          return true;
        }
      });
      assertThat(stopped).isNotDone();
      write(running, "\"role\": \"operator\"} ");
      assertThat(rest(running)).contains("201").contains("Connection: close");
      stopped.get(120, TimeUnit.SECONDS);
    } finally {
      stopping.close();
    }
  }
}
