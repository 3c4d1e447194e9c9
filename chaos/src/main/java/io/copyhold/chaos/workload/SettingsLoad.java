package io.copyhold.chaos.workload;

import com.fasterxml.jackson.databind.JsonNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.runtime.PortAdapter;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * One writer per tenant: each changes a setting to the next number, again and again, under a key of
 * its own, until that is acknowledged. A node that is away or says "not now" is followed by the
 * next node. So afterwards the history can be held against what was acknowledged: each number once.
 */
@PortAdapter
public final class SettingsLoad implements AutoCloseable {
  private static final String SETTING = "x-load";

  /** Between two changes of one tenant; sixty tenants then leave three nodes on two cores room. */
  private static final Duration BETWEEN = Duration.ofMillis(250);

  /** Between two attempts at one change. */
  private static final Duration AGAIN = Duration.ofMillis(25);

  private static final Duration REQUEST_LIMIT = Duration.ofSeconds(20);
  private static final int PAGE = 1_000;

  /**
   * An answer other than good, or none.
   *
   * @param kind the status, or the name of the exception
   * @param answered there was an answer, other than good; else the connection was refused or ended,
   *     which is what a client's list of addresses and its keys are for
   */
  public record Trouble(String tenant, String what, String kind, boolean answered) {}

  /**
   * What the histories say.
   *
   * @param acknowledged changes that were confirmed
   * @param lost confirmed, and in no history
   * @param doubled in a history more than once
   */
  public record Account(long acknowledged, long lost, long doubled) {}

  private static final class Writer {
    private final List<Long> acknowledged = new ArrayList<>();
    private long longest;
    private long underWaySince;

    synchronized void begin(long now) {
      underWaySince = now;
    }

    synchronized void acknowledged(long number, long now) {
      acknowledged.add(number);
      longest = Math.max(longest, now - underWaySince);
      underWaySince = 0;
    }

    /** The one under way counts, too. */
    synchronized long longest(long now) {
      return Math.max(longest, underWaySince == 0 ? 0 : now - underWaySince);
    }

    synchronized void forget() {
      longest = 0;
    }

    synchronized List<Long> numbers() {
      return List.copyOf(acknowledged);
    }
  }

  private final String name;
  private final List<URI> nodes;
  private final String token;
  private final Map<String, Writer> writers = new ConcurrentHashMap<>();
  private final Queue<Trouble> trouble = new ConcurrentLinkedQueue<>();
  private final List<Thread> threads = new ArrayList<>();
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();
  private volatile boolean stopped;

  /**
   * Begins to write.
   *
   * @param name of this load, unlike that of any other on the same tenants
   * @param nodes where the API is; writers begin at different ones
   * @param tenants that exist
   */
  public SettingsLoad(String name, List<URI> nodes, String token, List<String> tenants) {
    this.name = name;
    this.nodes = List.copyOf(nodes);
    this.token = token;
    int index = 0;
    for (String tenant : tenants) {
      Writer writer = new Writer();
      writers.put(tenant, writer);
      int first = index++;
      threads.add(Thread.ofVirtual().start(() -> write(tenant, writer, first)));
    }
  }

  private void write(String tenant, Writer writer, int first) {
    int node = first % nodes.size();
    try {
      for (long number = 1; !stopped; number++) {
        writer.begin(System.nanoTime());
        while (!change(tenant, number, node)) {
          if (stopped) {
            return;
          }
          node = (node + 1) % nodes.size();
        }
        writer.acknowledged(number, System.nanoTime());
        Thread.sleep(BETWEEN);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** One attempt; false when another node should be asked. */
  private boolean change(String tenant, long number, int node) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(nodes.get(node).resolve("/v1/tenants/" + tenant + "/settings"))
            .timeout(REQUEST_LIMIT)
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", name + "-" + tenant + "-" + number)
            .method(
                "PATCH",
                BodyPublishers.ofString(
                    "{\"set\":{\"" + SETTING + "\":\"" + name + "." + number + "\"}}"))
            .build();
    try {
      HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
      if (answer.statusCode() / 100 == 2) {
        return true;
      }
      trouble.add(
          new Trouble(
              tenant,
              nodes.get(node) + " " + answer.statusCode() + " " + answer.body(),
              String.valueOf(answer.statusCode()),
              true));
    } catch (ConnectException e) {
      trouble.add(new Trouble(tenant, nodes.get(node) + " " + e, "connection refused", false));
    } catch (IOException e) {
      trouble.add(
          new Trouble(tenant, nodes.get(node) + " " + e, e.getClass().getSimpleName(), false));
    }
    Thread.sleep(AGAIN);
    return false;
  }

  /** From now on the longest times count anew. */
  public void begin() {
    writers.values().forEach(Writer::forget);
  }

  /** The longest that one change of a tenant took since {@link #begin}, from all its attempts. */
  public Duration longest(String tenant) {
    Writer writer = writers.get(tenant);
    if (writer == null) {
      throw new IllegalArgumentException(tenant);
    }
    return Duration.ofNanos(writer.longest(System.nanoTime()));
  }

  /** The same of each tenant. */
  public List<Duration> longest() {
    return writers.keySet().stream().map(this::longest).toList();
  }

  /** Changes acknowledged so far. */
  public long acknowledged() {
    return writers.values().stream().mapToLong(w -> w.numbers().size()).sum();
  }

  /** The same by tenant. */
  public Map<String, Long> counts() {
    Map<String, Long> counts = new HashMap<>();
    writers.forEach((tenant, writer) -> counts.put(tenant, (long) writer.numbers().size()));
    return counts;
  }

  /** What went wrong since it was asked last. */
  public List<Trouble> takeTrouble() {
    List<Trouble> taken = new ArrayList<>();
    for (Trouble next = trouble.poll(); next != null; next = trouble.poll()) {
      taken.add(next);
    }
    return taken;
  }

  /** Ends writing. */
  public void stop() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }

  /** Holds the histories against what was acknowledged; call it after {@link #stop}. */
  public Account account(Api api) throws InterruptedException {
    long all = 0;
    long lost = 0;
    long doubled = 0;
    for (Map.Entry<String, Writer> entry : writers.entrySet()) {
      Map<Long, Integer> found = history(api, entry.getKey());
      for (long number : entry.getValue().numbers()) {
        all++;
        lost += found.containsKey(number) ? 0 : 1;
      }
      doubled += found.values().stream().filter(times -> times > 1).count();
    }
    return new Account(all, lost, doubled);
  }

  private Map<Long, Integer> history(Api api, String tenant) throws InterruptedException {
    Map<Long, Integer> found = new HashMap<>();
    long from = 1;
    while (from > 0) {
      JsonNode page = api.get("/v1/tenants/" + tenant + "/history?limit=" + PAGE + "&from=" + from);
      for (JsonNode event : page.path("events")) {
        JsonNode number = event.path("event").path("settings").path(SETTING);
        if (event.path("name").asText().contains("configured")
            && number.asText().startsWith(name + ".")) {
          found.merge(Long.valueOf(number.asText().substring(name.length() + 1)), 1, Integer::sum);
        }
      }
      from = page.path("next").asLong();
    }
    return found;
  }

  @Override
  public void close() throws InterruptedException {
    stop();
    http.shutdownNow();
  }
}
