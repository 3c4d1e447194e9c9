package io.copyhold.chaos.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.copyhold.chaos.installation.Api;
import io.copyhold.chaos.installation.Installation;
import io.copyhold.chaos.installation.Together;
import io.copyhold.runtime.PortAdapter;
import io.copyhold.runtime.ProblemException;
import io.copyhold.runtime.journal.Mappers;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Times of reading over HTTP, from before the request to the parsed answer.
 *
 * @param list the first page of 100
 * @param page further pages of 100, by cursor, over all tenants
 * @param filter the first 100 of a plan and an isolation
 * @param sort the first 100 by name, descending
 * @param search the best 20 for two words
 * @param get one tenant's state, of any
 */
@PortAdapter
record DirectoryReads(
    int tenants,
    Latencies list,
    Latencies page,
    Latencies filter,
    Latencies sort,
    Latencies search,
    Latencies get) {
  /** Clients at the same time, each with a token of its own, so below its rate limit. */
  private static final int READERS = 2;

  private static final Duration LAG_LIMIT = Duration.ofSeconds(60);

  /** One request; the index says which. */
  private interface Read {
    void read(Api api, int index) throws InterruptedException;
  }

  static DirectoryReads measure(
      Installation installation, Api api, int tenants, int reads, PrintStream out)
      throws Exception {
    awaitListed(api, tenants);
    List<String> ids = ids(api, tenants);
    DirectoryReads measured =
        new DirectoryReads(
            tenants,
            each(installation, api, reads, (it, _) -> require(it.get("/v1/tenants?limit=100"))),
            pages(installation, api, reads),
            each(
                installation,
                api,
                reads,
                (it, _) ->
                    require(
                        it.get(
                            "/v1/tenants?limit=100&filter=plan:pro&filter=isolation:pool,schema"))),
            each(
                installation,
                api,
                reads,
                (it, _) -> require(it.get("/v1/tenants?limit=100&sort=-name"))),
            each(
                installation,
                api,
                reads,
                (it, i) -> require(it.get("/v1/tenants?limit=20&q=" + words(i)))),
            each(
                installation,
                api,
                reads,
                (it, i) -> {
                  // a stride that shares no factor with the number visits all, in no order
                  String id = ids.get((int) ((i * 7_919L) % ids.size()));
                  if (!it.get("/v1/tenants/" + id).path("id").asText().equals(id)) {
                    throw new IllegalStateException("another tenant than " + id);
                  }
                }));
    out.printf(
        Locale.ROOT, "  %d tenants, %d clients, %d requests each kind%n", tenants, READERS, reads);
    measured.print(out);
    return measured;
  }

  private void print(PrintStream out) {
    print(out, "first page of 100", list);
    print(out, "later pages of 100", page);
    print(out, "filtered by two fields, 100", filter);
    print(out, "sorted by name, 100", sort);
    print(out, "search, best 20", search);
    print(out, "get", get);
  }

  private static void print(PrintStream out, String what, Latencies latencies) {
    out.printf(
        Locale.ROOT,
        "  %-28s p50 %6.1f ms, p99 %6.1f ms%n",
        what,
        latencies.p50Ms(),
        latencies.p99Ms());
  }

  private static String words(int index) {
    String[] name = Onboarding.name(index).split(" ", -1);
    return name[0] + "%20" + name[1];
  }

  private static JsonNode require(JsonNode page) {
    if (page.path("items").isEmpty()) {
      throw new IllegalStateException("an empty list");
    }
    return page;
  }

  private static void awaitListed(Api api, int tenants) throws InterruptedException {
    long end = System.nanoTime() + LAG_LIMIT.toNanos();
    while (true) {
      long listed = api.get("/v1/tenants?limit=1&filter=state:active").path("total").asLong();
      if (listed == tenants) {
        return;
      }
      if (System.nanoTime() - end > 0) {
        throw new ProblemException(
            "directory-behind",
            "The directory lists " + listed + " active tenants and not " + tenants + ".",
            "See the node's log.");
      }
      Thread.sleep(100);
    }
  }

  private static List<String> ids(Api api, int tenants) throws InterruptedException {
    List<String> ids = new java.util.ArrayList<>();
    String cursor = "";
    while (ids.size() < tenants) {
      JsonNode page = require(api.get("/v1/tenants?limit=1000" + cursor));
      page.path("items").forEach(item -> ids.add(item.path("id").asText()));
      cursor = "&cursor=" + page.path("next").asText();
    }
    return ids;
  }

  private static Latencies each(Installation installation, Api api, int reads, Read read)
      throws Exception {
    Latencies latencies = new Latencies();
    readers(
        installation,
        api,
        (it, next) -> {
          for (int i = next.getAndIncrement(); i < reads; i = next.getAndIncrement()) {
            long asked = System.nanoTime();
            read.read(it, i);
            latencies.record(System.nanoTime() - asked);
          }
        });
    return latencies;
  }

  /** Each reader walks through all tenants, again and again. */
  private static Latencies pages(Installation installation, Api api, int reads) throws Exception {
    Latencies latencies = new Latencies();
    readers(
        installation,
        api,
        (it, next) -> {
          String cursor = "";
          while (next.getAndIncrement() < reads) {
            long asked = System.nanoTime();
            JsonNode page = require(it.get("/v1/tenants?limit=100" + cursor));
            if (!cursor.isEmpty()) {
              latencies.record(System.nanoTime() - asked);
            }
            cursor = page.hasNonNull("next") ? "&cursor=" + page.path("next").asText() : "";
          }
        });
    return latencies;
  }

  /** What one reader does; the counter is everybody's. */
  private interface Reader {
    void go(Api api, AtomicInteger next) throws InterruptedException;
  }

  private static void readers(Installation installation, Api api, Reader reader) throws Exception {
    AtomicInteger next = new AtomicInteger();
    Together.each(
        IntStream.range(0, READERS).boxed().toList(),
        READERS,
        _ -> {
          ObjectNode body =
              Mappers.JSON.createObjectNode().put("name", "bench reader").put("role", "reader");
          JsonNode made = api.change("POST", "/v1/tokens", body, "bench-" + System.nanoTime());
          try (Api mine = new Api(installation.url(), made.path("token").asText())) {
            mine.get("/v1/tenants?limit=1"); // connects
            reader.go(mine, next);
          }
          return true;
        });
  }
}
