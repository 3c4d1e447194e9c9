package io.copyhold.migration.rollout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.copyhold.runtime.ProblemException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTP probes reach public addresses, allowed hosts, and nothing else. */
class NodeSignalsTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final NodeSignals strict =
      new NodeSignals(new ProbeSettings(Set.of()), _ -> OptionalDouble.empty());
  private final NodeSignals open =
      new NodeSignals(new ProbeSettings(Set.of("127.0.0.1")), _ -> OptionalDouble.of(3));

  @Test
  void anAllowedHostIsAskedOnceAndNoRedirectIsFollowed() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          boolean good = exchange.getRequestURI().toString().equals("/ready?deep=1");
          exchange.getResponseHeaders().add("Location", "/ready?deep=1");
          exchange.sendResponseHeaders(good ? 204 : 302, -1);
          exchange.close();
        });
    server.start();
    try {
      String base = "http://127.0.0.1:" + server.getAddress().getPort();
      assertThat(open.status(URI.create(base + "/ready?deep=1"), LIMIT)).isEqualTo(204);
      assertThat(open.status(URI.create(base), LIMIT)).isEqualTo(302);
      refused("probe-refused", () -> strict.status(URI.create(base + "/ready?deep=1"), LIMIT));
    } finally {
      server.stop(0);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1/",
        "http://localhost/",
        "http://10.1.2.3/",
        "http://192.168.0.1/",
        "http://172.16.9.9/",
        "http://169.254.169.254/latest/meta-data",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://[::1]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://224.0.0.1/",
        "http://255.255.255.255/"
      })
  void addressesOfTheNodesSurroundingsAreRefused(String url) {
    refused("probe-refused", () -> strict.status(URI.create(url), LIMIT));
  }

  @Test
  void publicAddressesAreTakenForPublic() throws IOException {
    assertThat(NodeSignals.isPublic(InetAddress.getByName("192.0.43.8"))).isTrue();
    assertThat(NodeSignals.isPublic(InetAddress.getByName("172.15.0.1"))).isTrue();
    assertThat(NodeSignals.isPublic(InetAddress.getByName("2a00:1450::1"))).isTrue();
  }

  @Test
  void whoDoesNotAnswerOrSpeaksNoHttpFails() throws IOException {
    int closed;
    try (ServerSocket port = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      closed = port.getLocalPort();
      refused(
          "probe-failed",
          () ->
              open.status(
                  URI.create("http://127.0.0.1:" + port.getLocalPort()), Duration.ofMillis(300)));
    }
    refused("probe-failed", () -> open.status(URI.create("http://127.0.0.1:" + closed), LIMIT));
  }

  @Test
  void aMetricIsTheNodesOwn() {
    assertThat(open.metric("errors")).hasValue(3);
  }

  private static void refused(String code, Runnable call) {
    assertThatThrownBy(call::run)
        .isInstanceOfSatisfying(
            ProblemException.class, e -> assertThat(e.problem().code()).isEqualTo(code));
  }
}
