package io.copyhold.chaos.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.workload.Invoicing;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What goes on while the schema changes and the server dies: an operator changes a setting of some
 * tenants, and those tenants' applications take payments. Each remembers what was acknowledged.
 */
@PortAdapter
final class Writers implements AutoCloseable {
  /** The tenants' setting that is written: a number that rises. */
  static final String SETTING = "x-demo-round";

  private static final Duration BETWEEN = Duration.ofMillis(25);
  private static final long CENTS = 1_250;

  private final Api api;
  private final List<Login> logins;
  private final Map<String, List<Integer>> settings = new LinkedHashMap<>();
  private final Map<String, List<Long>> payments = new LinkedHashMap<>();
  private final AtomicReference<@Nullable Exception> failure = new AtomicReference<>();
  private final List<Thread> threads;
  private volatile boolean stopped;
  private volatile Duration slowestPayment = Duration.ZERO;

  /**
   * @param logins of the tenants that are written to
   */
  Writers(Api api, List<Login> logins) {
    this.api = api;
    this.logins = List.copyOf(logins);
    logins.forEach(login -> {
      settings.put(login.tenant(), new ArrayList<>());
      payments.put(login.tenant(), new ArrayList<>());
    });
    this.threads =
        List.of(
            Thread.ofVirtual().start(() -> run(this::configure)),
            Thread.ofVirtual().start(() -> run(this::pay)));
  }

  private interface Loop {
    void run() throws InterruptedException, SQLException;
  }

  private void run(Loop loop) {
    try {
      loop.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (SQLException | RuntimeException e) {
      failure.compareAndSet(null, e);
    }
  }

  private void configure() throws InterruptedException {
    for (int round = 1; !stopped; round++) {
      Login login = logins.get(round % logins.size());
      ObjectNode body = Mappers.JSON.createObjectNode();
      body.putObject("set").put(SETTING, String.valueOf(round));
      api.change(
          "PATCH", "/v1/tenants/" + login.tenant() + "/settings", body, "demo-round-" + round);
      acknowledged(settings, login, round);
      Thread.sleep(BETWEEN);
    }
  }

  private void pay() throws InterruptedException, SQLException {
    List<Connection> connections = new ArrayList<>();
    try {
      for (Login login : logins) {
        connections.add(login.connect());
      }
      for (int round = 1; !stopped; round++) {
        int at = round % logins.size();
        long id = Invoicing.FIRST_LIVE_PAYMENT + round;
        long begin = System.nanoTime();
        Invoicing.pay(connections.get(at), id, CENTS);
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        if (took.compareTo(slowestPayment) > 0) {
          slowestPayment = took;
        }
        acknowledged(payments, logins.get(at), id);
        Thread.sleep(BETWEEN);
      }
    } finally {
      for (Connection connection : connections) {
        connection.close();
      }
    }
  }

  private synchronized <T> void acknowledged(Map<String, List<T>> all, Login login, T what) {
    all.getOrDefault(login.tenant(), List.of()).add(what);
  }

  /** What was acknowledged, by tenant; final once this is closed. */
  synchronized Map<String, List<Integer>> settings() {
    return settings;
  }

  synchronized Map<String, List<Long>> payments() {
    return payments;
  }

  /** The longest time that an application waited for one payment to be committed. */
  Duration slowestPayment() {
    return slowestPayment;
  }

  /** Fails when a writer met something other than "not now". */
  void require() {
    Exception trouble = failure.get();
    if (trouble != null) {
      throw new ProblemException(
          "writer-failed",
          "A writer failed while the schema changed: " + trouble.getMessage(),
          "See the node's and the stores' logs.",
          trouble);
    }
  }

  @Override
  public void close() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** How often each round of the setting stands in a tenant's history. */
  static Map<Integer, Integer> rounds(List<JsonNode> events) {
    Map<Integer, Integer> found = new LinkedHashMap<>();
    for (JsonNode event : events) {
      JsonNode round = event.path("event").path("settings").path(SETTING);
      if (event.path("name").asText().contains("configured") && round.isTextual()) {
        found.merge(Integer.valueOf(round.asText()), 1, Integer::sum);
      }
    }
    return found;
  }
}
